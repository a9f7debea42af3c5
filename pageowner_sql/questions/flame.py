"""A flame graph of a dump, or of the difference between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.model import FlameGraph, FlameSample, Weights
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import parts_of, source_of, the_part, unknown_of
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.lines import Lines, check_lines
from pageowner_sql.questions.plan import Plan
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where, grouping
from pageowner_sql.sql.query import Query, inline, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners

# What can stand below the outermost frames: keys with one value a record.
ROOTS = (
    *(Key.COMM, Key.PID, Key.TGID, Key.MEMCG, Key.MODULE, Key.SUBSYSTEM, Key.ALLOCATOR),
    *(Key.MIGRATETYPE, Key.GFP, Key.ORDER, Key.NODE, Key.ZONE),
)
# What pprof can filter by.
LABELS = (Key.COMM, Key.PID, Key.MEMCG, Key.ORDER, Key.MIGRATETYPE)


@dataclass(frozen=True)
class ByStack(Grouping):
    """Some keys and the stack's number; the text of the stack is joined after summing."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and expression of each key, the stack's number first."""
        of_records = self.source is RowSource.RECORDS
        return [("stack_id", "t.stack_id" if of_records else "c.stack_id"), *super().columns]

    @property
    def ids(self) -> list[str]:
        """The ids of records to group by first."""
        of_records = self.source is RowSource.RECORDS
        return sorted({*super().ids, "rest_id" if of_records else "stack_id"})

    @property
    def tables(self) -> frozenset[str]:
        """The tables to join behind that."""
        return super().tables | ({"rests"} if self.source is RowSource.RECORDS else set())

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have, as dumps.fields names them."""
        return super().fields | {"stack"}


def flame_query(  # what is summed, of which dumps, and how frames are written
    keys: Sequence[Key],
    where: Where,
    label: str,
    old: str | None = None,
    *,
    lines: bool = False,
    source: RowSource = RowSource.RECORDS,
) -> Query:
    """One row a stack and set of `keys`: frames, owner, subsystem, the keys, then six sums.

    Frames are `function` or `function [module]`, innermost first, the owner written likewise; with
    `lines` they have source lines, and inlined functions are frames. The sums are records, pages
    and bytes of `label`, then those of `old`, which are 0 without one.
    """
    grouping = ByStack(tuple(dict.fromkeys(keys)), source)
    where = replace(where, labels=(label,) if old is None else (label, old))
    parameters = {**where.parameters(), "label": label, "old": old}

    def made(keys: Grouping) -> Query:
        compared = old is not None
        return render("flame", parameters, keys=keys, where=where, compared=compared, lines=lines)

    if source is RowSource.SUMMARIES:
        return made(grouping)
    return replace(made(grouping), readable=lambda: made(grouping.readable))


_FRAMES = 3  # the columns before the keys: frames, owner, subsystem


def flame_plan(
    database: Database,
    dump: Dump,
    old: Dump | None,
    keys: Sequence[Key],
    where: Where,
    *,
    lines: bool = False,
) -> Plan:
    """What each stack holds under each set of `keys`, as `flame_query` tells.

    Raises MissingFieldError where a dump lacks what a key or `where` needs.
    """
    dumps = [dump] if old is None else [dump, old]
    source = the_part(parts_of(database, dumps, [*keys, Key.STACK], where)).source
    for each in dumps:
        if "bytes" in unknown_of([each]):
            raise MissingFieldError(
                f"{printable(each.label)}: counts allocations, not their pages, and a flame graph "
                f"shows bytes"
            )
    where = check_filters(database, dumps, where)
    keep_owners(database)
    if lines:
        check_lines(database)
    old_label = old.label if old else None
    return Plan(flame_query(keys, where, dump.label, old_label, lines=lines, source=source))


def root_keys(keys: Sequence[Key]) -> list[Key]:
    """The keys to stand at the roots. Raises UsageError for one that cannot."""
    for key in keys:
        if key not in ROOTS:
            raise UsageError(f"--root {key}: not a root; there is {', '.join(ROOTS)}")
    return list(keys)


def label_keys(dumps: Sequence[Dump]) -> tuple[Key, ...]:
    """The keys that a profile's samples can carry as labels: those that every dump knows."""
    return tuple(
        key
        for key in LABELS
        if all(grouping([key], source_of(dump)).fields <= set(dump.fields) for dump in dumps)
    )


def flame_graph(  # noqa: PLR0913  # what a graph is of, and what stands at its roots and labels
    database: Database,
    dump: Dump,
    old: Dump | None = None,
    *,
    roots: Sequence[Key] = (),
    labels: Sequence[Key] = (),
    where: Where | None = None,
    lines: Lines | None = None,
    dry: bool = False,
) -> FlameGraph:
    """The graph, its sums those of the records that `where` selects; with `dry` only its SQL.

    Raises UsageError where two dumps differ in page size, MissingFieldError where one lacks a key.
    """
    if old is not None and old.page_size != dump.page_size:
        raise UsageError(f"{old.label} and {dump.label}: their pages differ in size")
    roots, labels = list(dict.fromkeys(roots)), list(dict.fromkeys(labels))
    keys = grouping([*roots, *labels]).keys
    lines = lines or Lines()
    query = flame_plan(database, dump, old, keys, where or Where(), lines=lines.wanted).query
    names = [key.column for key in keys]
    rows = [] if dry else database.rows(query.sql, query.parameters)
    samples = (_sample(row, names, roots, labels) for row in rows)
    return FlameGraph(
        dump.label if old is None else f"{old.label} to {dump.label}",
        dump.label,
        tuple(samples),
        None if old is None else old.label,
        tuple(key.column for key in roots),
        dump.page_size,
        inline(query),
        lines.url,
    )


def _sample(
    row: tuple[object, ...], names: Sequence[str], roots: Sequence[Key], labels: Sequence[Key]
) -> FlameSample:
    frames, owner, subsystem = row[:_FRAMES]
    values = dict(zip(names, row[_FRAMES:], strict=False))
    new, old = row[-6:-3], row[-3:]
    return FlameSample(
        tuple(frames),  # type: ignore[arg-type]  # a list of texts, by the query
        Weights(*new),  # type: ignore[arg-type]  # three whole numbers, by the query
        Weights(*old),  # type: ignore[arg-type]  # likewise
        tuple(text(values[key.column]) for key in roots),
        str(owner),
        str(subsystem or ""),
        tuple((key.column, _label(values[key.column])) for key in labels),
    )


def text(value: object) -> str:
    """A key's value for people: what is not there is `(none)`."""
    return "(none)" if value is None else str(value)


def _label(value: object) -> str | int:
    return value if isinstance(value, int) else text(value)
