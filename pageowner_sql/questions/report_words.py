"""The report's sentences about its dumps: their origin, quality and missing fields."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from pageowner_sql.output import units
from pageowner_sql.output.model import (
    Block,
    Breakdown,
    DumpFacts,
    Fact,
    Facts,
    Finding,
    Findings,
    ReportColumn,
    Suspects,
    Table,
    Value,
    Weights,
)
from pageowner_sql.questions.report_queries import ReportQueries, rejects_query
from pageowner_sql.store.dumps import Dump, doubts

# A field's name -> what it is, and what a report of a dump without it cannot say.
_FIELDS = {
    "stack": ("stacks", "owners, subsystems and the flame graph"),
    "alloc_ts": ("allocation times", "ages, and what was allocated when"),
    "free_ts": ("free times", "how long pages were free before"),
    "pid": ("threads", "which thread allocated"),
    "tgid": ("processes", "which process a thread belongs to"),
    "comm": ("process names", "processes by name"),
    "memcg": ("memory cgroups", "who is charged"),
    "node": ("NUMA nodes", "on which node pages lie"),
    "zone": ("zones", "in which zone pages lie"),
    "gfp": ("names of gfp flags", "flags by name"),
}


def dump_facts(dump: Dump, weights: Weights) -> DumpFacts:
    """Where a dump came from."""
    return DumpFacts(
        label=dump.label,
        weights=weights,
        page_size=dump.page_size,
        page_size_assumed=not dump.page_size_given,
        kind=dump.kind,
        source=dump.source,
        host=dump.host or "",
        kernel=dump.kernel or "",
        captured_at=f"{dump.captured_at:%Y-%m-%d %H:%M:%S} UTC" if dump.captured_at else "",
        tags=tuple(dump.tags.items()),
    )


def missing_fields(dump: Dump) -> list[str]:
    """The fields that a dump's format lacks."""
    return [name for name in _FIELDS if name not in dump.fields]


def quality(asked: ReportQueries) -> list[Block]:
    """How much of the dump was read, and what its format does not tell."""
    dump = asked.dump
    facts = (
        Fact("Records read", dump.records, "count"),
        Fact("Records rejected", dump.rejected, "count", _seen(dump)),
        Fact("Bytes read", dump.bytes, "bytes", "of text"),
        Fact("Ends within a record", "yes" if dump.truncated else "no"),
        Fact("Page size", dump.page_size, "bytes", _assumed(dump)),
    )
    blocks: list[Block] = [Facts(facts)]
    whys = [] if asked.dry else doubts(asked.database, dump)
    blocks += [Findings((Finding(f"{why[0].upper()}{why[1:]}."),)) for why in whys]
    query = rejects_query(dump.label)
    if rejects := asked.rows(query):
        blocks.append(
            Table("rejects", "Rejected", _REJECTS, tuple(rejects), "", asked.shown(query))
        )
    return [*blocks, _fields(dump)]


def _seen(dump: Dump) -> str:
    return f"of {units.count(dump.records + dump.rejected)} seen"


def _assumed(dump: Dump) -> str:
    return "" if dump.page_size_given else "assumed; dumps set --page-size says otherwise"


_REJECTS = (
    ReportColumn("reason", "Why"),
    ReportColumn("records", "Records", "count"),
    ReportColumn("line", "First line", "count"),
)


def _fields(dump: Dump) -> Table:
    columns = (
        ReportColumn("field", "Field"),
        ReportColumn("what", "What"),
        ReportColumn("there", "In this dump"),
        ReportColumn("so", "Without it the report lacks"),
    )
    rows: list[tuple[Value, ...]] = [
        (name, what, "yes" if name in dump.fields else "missing", lack)
        for name, (what, lack) in _FIELDS.items()
    ]
    rows.sort(key=lambda row: row[2] != "missing")
    return Table("fields", "Fields", columns, tuple(rows), "What this kernel's format prints.")


def summary(
    asked: ReportQueries,
    totals: tuple[Weights, str],
    before: tuple[Weights, str] | None,
    blocks: Sequence[Block],
) -> list[Block]:
    """The conclusion, and the totals."""
    whole, sql = totals
    facts = [
        Fact("Allocated", whole.bytes, "bytes", f"{units.count(whole.pages)} pages", sql),
        Fact("Allocations", whole.records, "count", "", sql),
    ]
    if before is not None and asked.old is not None:
        old, old_sql = before
        change = whole.bytes - old.bytes
        note = f"since {asked.label(asked.old)}, then {units.size(old.bytes)}"
        facts.append(Fact("Change", change, "delta_bytes", note, old_sql))
    if asked.dump.newest_alloc_ts is not None:
        newest = asked.dump.newest_alloc_ts
        facts.append(Fact("Newest allocation", newest, "duration", "after boot"))
    lead = [
        replace(block, suspects=block.suspects[:1], lead=True, sql="")
        for block in blocks
        if isinstance(block, Suspects)
    ]
    return [*lead, Findings(tuple(_findings(asked, whole, blocks))), Facts(tuple(facts))]


def _findings(asked: ReportQueries, whole: Weights, blocks: Sequence[Block]) -> list[Finding]:
    suspected = {
        str(row[0])
        for block in blocks
        if isinstance(block, Suspects)
        for row in block.suspects[0].parts[0].rows
    }
    told = (_change(block, suspected) or _most(block, whole) for block in blocks)
    found = [*filter(None, told)]
    if lack := missing_fields(asked.dump):
        words = ", ".join(_FIELDS[name][0] for name in lack)
        found.append(Finding(f"This dump does not tell: {words}."))
    if asked.dump.rejected:
        text = f"{units.count(asked.dump.rejected)} records could not be read."
        found.append(Finding(text, (), "alert"))
    return found


def _change(block: Block, suspected: Set[str]) -> Finding | None:
    """What grew most, of a table of changes, unless the first suspect says so already."""
    if not isinstance(block, Table) or not block.name.startswith("changed_") or not block.rows:
        return None
    names = [column.name for column in block.columns]
    place = names.index("delta_bytes")
    grown = max(block.rows, key=lambda row: int(str(row[place])))
    if int(str(grown[place])) <= 0 or str(grown[1]) in suspected:
        return None
    by = units.size(int(str(grown[place])))
    return Finding(f"{{}} grew by {by}.", ((names[1], str(grown[1])),), "alert")


def _most(block: Block, whole: Weights) -> Finding | None:
    """What holds most, of a breakdown by subsystem or a table of processes."""
    if isinstance(block, Breakdown) and block.parts and whole.bytes:
        part = block.parts[0]
        share = units.share(part.weights.bytes / whole.bytes)
        text = f"{{}} holds {units.size(part.weights.bytes)}, {share} of it."
        return Finding(text, ((block.key, part.value),))
    return None


NO_TIMES = Findings((Finding("This dump has no allocation times, so nothing is known of ages."),))
