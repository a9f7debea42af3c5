"""The report's suspects of leaks, each with its owners, processes and stacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pageowner_sql.errors import InputError, LabelError, MissingFieldError
from pageowner_sql.output import units
from pageowner_sql.output.model import (
    Block,
    Fact,
    Finding,
    Findings,
    ReportColumn,
    Section,
    Suspect,
    Suspects,
    Table,
    Value,
)
from pageowner_sql.questions.leaks import OneBoot, leaks_plan, one_boot
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.sql.grouping import Grouping, Key, grouping
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.dumps import Dump

_OWNERS = 30
# Processes and stacks of a finding.
_PARTS = 6
_NS_PER_HOUR = 3_600_000_000_000
_SUSPECTED = ("leak", "growing")


class _LeakRow(NamedTuple):
    """A row of report_leaks.sql.j2."""

    verdict: str
    owner: str
    subsystem: str | None
    finding: int | None
    process: str | None
    slope: float | None
    old_bytes: int
    held_bytes: int
    new_bytes: int | None
    survivors_share: float | None
    confidence: float | None
    hours_left: float | None
    why: str
    processes: Sequence[Sequence[str | None]] | None
    stacks: Sequence[Sequence[str | None]] | None


@dataclass(frozen=True)
class _Evidence:
    """The number of dumps that the verdicts rest on, and the columns of amounts that it allows."""

    dumps: int

    @property
    def several(self) -> bool:
        return self.dumps > 1

    def amounts(self, old: int, held: int) -> tuple[Value, ...]:
        """The values of `columns`."""
        return (held - old, old, held) if self.several else (held,)

    @property
    def columns(self) -> tuple[ReportColumn, ...]:
        if not self.several:
            return (ReportColumn("bytes", "Bytes", "bytes", "allocated in this dump"),)
        return (
            ReportColumn(
                "growth_bytes", "Growth", "delta_bytes", "from the first dump to the last"
            ),
            ReportColumn("old_bytes", "Before", "bytes"),
            ReportColumn("bytes", "Now", "bytes"),
        )


def leaks(asked: ReportQueries, olds: Sequence[Dump]) -> Section:
    """Suspects over all dumps of the report, or the reason why these dumps have none."""
    name, title = "leaks", "Leak suspects"
    try:
        boot = one_boot(asked.database, [*olds, asked.dump])
        query = leaks_query(asked, boot)
    except (InputError, LabelError, MissingFieldError) as error:
        # The reason names dumps.
        unknown = Finding("Not known of these dumps.")
        if asked.redactor is None:
            unknown = Finding("Not known: {}", (("reason", str(error)),))
        return Section(name, title, (Findings((unknown,)),))
    rows = [_LeakRow(*row) for row in asked.rows(query)]
    evidence = _Evidence(len(boot.dumps))
    suspects = Suspects(tuple(_suspects(rows, evidence)), sql=asked.shown(query))
    blocks: list[Block] = [suspects] if suspects.suspects else [_nothing(evidence)]
    others = [row for row in rows if row.verdict not in _SUSPECTED]
    if others:
        blocks.append(_others(others, evidence, asked.shown(query)))
    labels = ", ".join(map(asked.label, boot.dumps))
    intro = f"Dumps of one boot: {labels}." if evidence.several else _ONE_DUMP
    return Section(name, title, tuple(blocks), intro)


_ONE_DUMP = (
    "By the age of what is still allocated: memory that has piled up steadily is a suspect. "
    "One dump cannot tell a leak from memory that lives long; load a later one to know."
)


def _nothing(evidence: _Evidence) -> Findings:
    text = (
        "No owner grows steadily."
        if evidence.several
        else "No owner's memory has piled up steadily."
    )
    return Findings((Finding(text),))


def leaks_query(asked: ReportQueries, boot: OneBoot) -> Query:
    """A `_LeakRow` an owner: verdicts by owner, and the finding that each is part of."""
    run = replace(boot.run, readers=asked.redactor is None)
    boot = replace(boot, run=run)
    question = leaks_plan(asked.database, boot, [Key.OWNER], asked.where, limit=_OWNERS).query
    keys = [Key.OWNER, Key.SUBSYSTEM, Key.FUNCTION_STACK]
    if all(grouping([Key.COMM]).fields <= set(dump.fields) for dump in boot.dumps):
        keys.append(Key.COMM)
    where = replace(asked.where, labels=run.labels)

    def made(keys: Grouping, question: Query) -> Query:
        return render(
            "report_leaks",
            {**question.parameters, **where.parameters(), **run.parameters},
            question=question.sql,
            keys=keys,
            where=where,
            several=len(run.labels) > 1,
            parts=_PARTS,
        )

    groups = grouping(keys)
    query = made(groups, question)
    return replace(query, readable=lambda: made(groups.readable, question.shown))


def _suspects(rows: Sequence[_LeakRow], evidence: _Evidence) -> list[Suspect]:
    """The findings, the first suspect first; the owners of one are parts of it."""
    findings: dict[int, list[_LeakRow]] = {}
    for row in rows:
        if row.finding is not None:
            findings.setdefault(row.finding, []).append(row)
    return [
        _suspect(f"suspect-{number}", members, evidence)
        for number, members in enumerate(findings.values(), 1)
    ]


def _suspect(name: str, members: Sequence[_LeakRow], evidence: _Evidence) -> Suspect:
    first = members[0]
    growth = sum(row.held_bytes - row.old_bytes for row in members)
    return Suspect(
        name,
        first.verdict if evidence.several else "suspect",
        _headline(members, growth, evidence),
        tuple(_facts(members, growth, evidence)),
        tuple(_tables(members, evidence)),
        first.owner,
    )


def _headline(members: Sequence[_LeakRow], growth: int, evidence: _Evidence) -> Finding:
    """Who leaks how much, and through which function."""
    first, more = members[0], len(members) - 1
    names: list[tuple[str, str]] = [("owner", first.owner)]
    through = "{}" + (f" and {more} other{'s' if more > 1 else ''}" if more else "")
    size = units.size(growth)
    does = (
        {"leak": "leaks", "growing": "grows by"}[first.verdict] if evidence.several else "piles up"
    )
    if first.process is None:
        text = f"{through} {does} {size}"
    else:
        names.insert(0, ("comm", first.process))
        text = f"{{}} {does} {size} through {through}"
    if not more:
        return Finding(f"{text}: {first.why}.", tuple(names), "alert")
    # The evidence is the first owner's alone.
    names.append(("owner", first.owner))
    return Finding(f"{text}. {{}}: {first.why}.", tuple(names), "alert")


def _facts(members: Sequence[_LeakRow], growth: int, evidence: _Evidence) -> list[Fact]:
    first = members[0]
    subsystems = dict.fromkeys(row.subsystem for row in members if row.subsystem)
    facts = [
        Fact("Growth", growth, "delta_bytes", "from the first dump to the last")
        if evidence.several
        else Fact("Allocated", growth, "bytes"),
        Fact("Rate", sum(row.slope or 0 for row in members), "rate"),
        Fact("Subsystem", ", ".join(subsystems) or "(none)"),
    ]
    if first.survivors_share is not None:
        note = "of what the first dump held"
        facts.append(Fact("Still there", first.survivors_share, "share", note))
    if first.confidence is not None and first.verdict == "leak":
        note = f"that it rises, over {evidence.dumps} dumps"
        facts.append(Fact("Confidence", first.confidence, "share", note))
    left = [row.hours_left for row in members if row.hours_left is not None]
    if left:
        note = "at this rate, until none is available"
        facts.append(Fact("Memory lasts", int(min(left) * _NS_PER_HOUR), "duration", note))
    return facts


_OWNER = ReportColumn("owner", "Owner", help="the function that the memory is for")


def _tables(members: Sequence[_LeakRow], evidence: _Evidence) -> list[Table]:
    owners = tuple(
        (
            row.owner,
            row.subsystem,
            *evidence.amounts(row.old_bytes, row.held_bytes),
            row.slope,
            row.why,
        )
        for row in members
    )
    columns = (
        _OWNER,
        ReportColumn("subsystem", "Subsystem", help="the owner's part of the kernel"),
        *evidence.columns,
        ReportColumn("slope_bytes_per_hour", "Rate", "rate", "by Theil and Sen, over all dumps"),
        ReportColumn("why", "Why"),
    )
    tables = [Table("suspect_owners", "Owners", columns, owners)]
    processes, stacks = members[0].processes or (), members[0].stacks or ()
    if processes:
        columns = (ReportColumn("comm", "Process"), *evidence.columns)
        rows = tuple(
            (comm or "(none)", *evidence.amounts(int(old or 0), int(held or 0)))
            for comm, old, held in processes
        )
        tables.append(Table("suspect_processes", "Processes", columns, rows, _first(processes)))
    columns = (_OWNER, ReportColumn("function_stack", "Stack", "stack"), *evidence.columns)
    rows = tuple(
        (
            owner,
            tuple((stack or "(no stack)").split("\n")),
            *evidence.amounts(int(old or 0), int(held or 0)),
        )
        for stack, owner, old, held in stacks
    )
    tables.append(Table("suspect_stacks", "Stacks", columns, rows, _first(stacks)))
    return tables


def _first(parts: Sequence[Any]) -> str:
    return f"The {_PARTS} largest." if len(parts) == _PARTS else ""


def _others(rows: Sequence[_LeakRow], evidence: _Evidence, sql: str) -> Table:
    """Owners that are not suspects, with what speaks against it."""
    columns = (
        ReportColumn("verdict", "Verdict", "status"),
        _OWNER,
        *evidence.columns,
        ReportColumn("new_bytes", "New", "bytes", "without page cache and the readers' files"),
        ReportColumn("why", "Why"),
    )
    values = tuple(
        (
            row.verdict,
            row.owner,
            *evidence.amounts(row.old_bytes, row.held_bytes),
            row.new_bytes,
            row.why,
        )
        for row in rows
    )
    note = "Owners that grew and are not suspects." if evidence.several else ""
    return Table("verdicts", "Not suspected", columns, values, note, sql)
