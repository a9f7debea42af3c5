"""A report of samples: how owners moved, and what the last sample holds against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pageowner_sql import __version__
from pageowner_sql.output import units
from pageowner_sql.output.model import (
    Fact,
    Facts,
    Finding,
    Findings,
    Report,
    ReportColumn,
    Section,
    Table,
    Timeline,
    TimelineLayer,
)
from pageowner_sql.output.report.redact import Redactor, redact_report
from pageowner_sql.questions.answerable import check_where, parts_of, the_part
from pageowner_sql.questions.flame import text
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.lines import Lines
from pageowner_sql.questions.report_lines import sections_with_lines
from pageowner_sql.questions.report_places import flame
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.questions.report_tables import TABLES, breakdowns, change_table, largest
from pageowner_sql.questions.report_timeline import LAYERS, NAMED, OTHERS, layer_name
from pageowner_sql.questions.report_words import dump_facts
from pageowner_sql.questions.sample_leaks import series_query, shapes_query, some_of
from pageowner_sql.sql.grouping import Key, Where, grouping
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.samples import SampleSpan

# Samples that the drawing has at most.
_DRAWN = 96
_OWNERS = 100
# Sentences about what grew, and by which share of what it held.
_TOLD = 3
_TELLING = 0.02


@dataclass(frozen=True)
class SpanDumps:
    """A span of samples as dumps: its first and last sample, and the most that each stack held."""

    span: SampleSpan
    first: Dump
    last: Dump
    peaks: Dump


def sample_report(  # noqa: PLR0913  # as report
    database: Database,
    of: SpanDumps,
    *,
    title: str | None = None,
    where: Where | None = None,
    lines: Lines | None = None,
    dry: bool = False,
    redactor: Redactor | None = None,
) -> tuple[Report, ReportQueries]:
    """The report of a span of samples, and what was asked for it.

    Raises MissingFieldError where samples lack what `where` needs.
    """
    where, dumps = where or Where(), [of.last, of.first, of.peaks]
    check_where(dumps, where)
    where = check_filters(database, [of.peaks], where)
    keep_owners(database)
    asked = ReportQueries(
        database,
        of.last,
        of.first,
        where,
        dry,
        lines=lines or Lines(),
        redactor=redactor,
    )
    (whole, sql), (before, _) = asked.totals(of.last), asked.totals(of.first)
    kinds = [kind for kind in TABLES if asked.knows(*kind.keys)]
    moves = _moves(asked, of)
    facts = (
        Fact("Allocated", whole.bytes, "bytes", f"{units.count(whole.pages)} pages", sql),
        Fact("Change", whole.bytes - before.bytes, "delta_bytes", "since the first sample"),
        Fact("Samples", len(of.span.times), "count", f"of {of.span.source}"),
    )
    sections = [
        Section("summary", "Summary", (_told(moves), Facts(facts))),
        Section("leaks", "How owners move", (moves,)),
        Section("timeline", "Over time", (_timeline(asked, of),)),
        Section(
            "changes", "From first to last", tuple(change_table(asked, kind) for kind in kinds)
        ),
        Section("composition", "What it is", tuple(breakdowns(asked))),
        Section("flame", "Flame graph", (flame(asked),)),
        Section("holders", "Who holds it", tuple(largest(asked, kind, whole) for kind in kinds)),
    ]
    if asked.lines.wanted:
        sections = sections_with_lines(asked, sections)
    made = Report(
        title if title is not None else f"Memory of {asked.label(of.peaks)}",
        dump_facts(of.last, whole),
        tuple(sections),
        (dump_facts(of.first, before),),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        __version__,
    )
    return redact_report(made, redactor) if redactor else made, asked


_MOVES = (
    ReportColumn(
        "verdict", "Verdict", "status", "trend, step, rhythm, spike, unclear or shrinking"
    ),
    ReportColumn("owner", "Owner", help="the function that the memory is for"),
    ReportColumn("slope_bytes_per_hour", "Rate", "rate", "of a straight line through all samples"),
    ReportColumn("growth_bytes", "Growth", "delta_bytes", "from the first sample to the last"),
    ReportColumn("most_bytes", "Most", "bytes"),
    ReportColumn("explained_share", "Explained", "share", "of its movement, by the verdict"),
    ReportColumn("why", "Why"),
    ReportColumn("series", "Samples", "series"),
)


def _moves(asked: ReportQueries, of: SpanDumps) -> Table:
    """How each owner moves, with a line that draws it."""
    groups = the_part(parts_of(asked.database, [of.peaks], [Key.OWNER], asked.where))
    where = replace(asked.where, labels=(of.peaks.label,))
    query = shapes_query(groups, where, of.span, evidence=False, limit=_OWNERS)
    series = series_query(groups, where, of.span, some_of(of.span.times, _DRAWN))
    held = {owner: tuple(sizes) for owner, sizes in asked.rows(series)}
    rows = tuple((*row[1:], held.get(row[2], ())) for row in asked.rows(query))
    return Table("moves", "Owners", _MOVES, rows, "", asked.shown(query))


def _told(moves: Table) -> Findings:
    """What grew for good, in sentences."""
    names = [column.name for column in moves.columns]
    rows = [dict(zip(names, row, strict=True)) for row in moves.rows]
    found = [
        Finding(f"{{}}: {row['why']}.", (("owner", str(row["owner"])),), "alert")
        for row in rows
        if row["verdict"] in ("trend", "step")
        and int(str(row["growth_bytes"])) >= _TELLING * int(str(row["most_bytes"]))
    ]
    return Findings(tuple(found[:_TOLD]) or (Finding("No owner grew evenly, or at once."),))


def _timeline(asked: ReportQueries, of: SpanDumps) -> Timeline:
    times = some_of(of.span.times, _DRAWN)
    where = replace(asked.where, labels=(of.peaks.label,))
    layers, statements = [], []
    for title, keys in LAYERS:
        if grouping(keys).fields <= set(of.peaks.fields):
            groups = the_part(parts_of(asked.database, [of.peaks], keys, asked.where))
            query = series_query(groups, where, of.span, times)
            layers.append(_layer(title, keys, len(times), asked.rows(query)))
            statements.append(f"{asked.shown(query)};\n")
    return Timeline(
        "Held in the samples",
        tuple(f"{at:%Y-%m-%d %H:%M:%S}" for at in times),
        tuple(int((at - times[0]).total_seconds() * 1e9) for at in times),
        tuple(layers),
        "",
        "".join(statements),
    )


def _layer(
    title: str, keys: Sequence[Key], count: int, rows: Sequence[Sequence[object]]
) -> TimelineLayer:
    """The largest by name, and the others as one."""
    held: dict[str, list[int]] = {}
    for place, (*values, sizes) in enumerate(rows):
        name = layer_name(values) if place < NAMED else OTHERS
        total = held.setdefault(name, [0] * count)
        held[name] = [a + b for a, b in zip(total, sizes, strict=True)]  # type: ignore[call-overload]  # a list, by the query
    return TimelineLayer(
        keys[0].column, title, tuple(map(text, held)), tuple(map(tuple, held.values()))
    )
