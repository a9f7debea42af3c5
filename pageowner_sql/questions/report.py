"""A report of one dump, or of its difference to older ones, in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pageowner_sql import __version__
from pageowner_sql.output.model import Block, Report, Section, Suspects, Weights
from pageowner_sql.output.report.redact import Redactor, redact_report
from pageowner_sql.questions.answerable import check_records
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.lines import Lines
from pageowner_sql.questions.report_leaks import leaks
from pageowner_sql.questions.report_lines import sections_with_lines
from pageowner_sql.questions.report_places import flame, fragmentation, histograms, map_of_memory
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.questions.report_tables import TABLES, breakdowns, change_table, largest
from pageowner_sql.questions.report_timeline import timeline
from pageowner_sql.questions.report_words import NO_TIMES, dump_facts, quality, summary
from pageowner_sql.sql.grouping import Where
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners


def report(  # noqa: PLR0913  # what it is of, and how it is told
    database: Database,
    dump: Dump,
    olds: Sequence[Dump] = (),
    *,
    title: str | None = None,
    where: Where | None = None,
    lines: Lines | None = None,
    dry: bool = False,
    redactor: Redactor | None = None,
) -> tuple[Report, ReportQueries]:
    """The report of `dump`, held against `olds`, and what was asked for it.

    The oldest of `olds` is what it is compared with. With `dry` nothing is run, and all is asked.
    `redactor` takes names out.
    Raises MissingFieldError where a dump is a summary or lacks what `where` needs.
    """
    where = where or Where()
    olds = _by_time(olds)
    check_records([dump, *olds])
    where = check_filters(database, [dump, *olds], where)
    keep_owners(database)
    asked = ReportQueries(
        database,
        dump,
        olds[0] if olds else None,
        where,
        dry,
        lines=lines or Lines(),
        redactor=redactor,
    )
    whole, sql = asked.totals(dump)
    before = [asked.totals(old) for old in olds]
    sections = _sections(asked, olds, whole)
    if asked.lines.wanted:
        sections = sections_with_lines(asked, sections)
    heads = [block for section in sections for block in section.blocks]
    first = summary(asked, (whole, sql), before[0] if olds else None, _telling(heads))
    made = Report(
        title if title is not None else f"Memory of {asked.label(dump)}",
        dump_facts(dump, whole),
        (Section("summary", "Summary", tuple(first)), *sections),
        tuple(dump_facts(old, held) for old, (held, _) in zip(olds, before, strict=True)),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        __version__,
    )
    return redact_report(made, redactor) if redactor else made, asked


def _by_time(dumps: Sequence[Dump]) -> list[Dump]:
    """The oldest first, by what all of them know."""
    if all(dump.captured_at for dump in dumps):
        return sorted(dumps, key=lambda dump: str(dump.captured_at))
    return sorted(dumps, key=lambda dump: (dump.newest_alloc_ts or 0, dump.dump_id))


def _telling(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that the summary is drawn from: suspects, what changed, and the subsystems."""
    names = ("changed_owners", "subsystem")
    found = {getattr(block, "name", getattr(block, "key", "")): block for block in blocks}
    suspects = [block for block in blocks if isinstance(block, Suspects)]
    return [*suspects, *(found[name] for name in names if name in found)]


def _sections(asked: ReportQueries, olds: Sequence[Dump], whole: Weights) -> list[Section]:
    kinds = [kind for kind in TABLES if asked.knows(*kind.keys)]
    sections = [leaks(asked, olds)]
    if drawn := timeline(asked, olds):
        sections.append(drawn)
    if asked.old is not None:
        tables = tuple(change_table(asked, kind) for kind in kinds)
        sections.append(Section("changes", f"Since {asked.label(asked.old)}", tables))
    sections.append(Section("composition", "What it is", tuple(breakdowns(asked))))
    if asked.knows(*TABLES[0].keys):
        sections.append(Section("flame", "Flame graph", (flame(asked),)))
    tables = tuple(largest(asked, kind, whole) for kind in kinds)
    sections.append(Section("holders", "Who holds it", tables))
    memory, block_order = map_of_memory(asked)
    sections.append(Section("map", "Map of memory", (memory,)))
    times = tuple(histograms(asked)) or (NO_TIMES,)
    sections.append(Section("time", "Since when", times))
    blocks = tuple(fragmentation(asked, block_order))
    sections.append(Section("fragmentation", "Fragmentation", blocks))
    sections.append(Section("quality", "Quality of the dump", tuple(quality(asked))))
    return sections
