"""A flame graph of a dump, or of the difference between two."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql.compile.flame import LABELS, flame_query
from pageowner_sql.compile.query import inline
from pageowner_sql.compile.rows import Key, Where, grouping
from pageowner_sql.errors import UsageError
from pageowner_sql.output.model import FlameGraph, FlameSample, Weights
from pageowner_sql.session.checks import check_fields, check_records, check_where
from pageowner_sql.session.plan import Plan
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.ownership import keep_owners

_FRAMES = 3  # the columns before the keys: frames, owner, subsystem


def flame_plan(
    database: Database,
    dump: Dump,
    old: Dump | None,
    keys: Sequence[Key],
    where: Where,
) -> Plan:
    """What each stack holds under each set of `keys`, as `flame_query` tells.

    Raises MissingFieldError where a dump lacks what a key or `where` needs.
    """
    dumps = [dump] if old is None else [dump, old]
    check_records(dumps)
    check_fields(dumps, grouping(keys).fields | {"stack"})
    check_where(dumps, where)
    keep_owners(database)
    return Plan(flame_query(keys, where, dump.label, old.label if old else None))


def label_keys(dumps: Sequence[Dump]) -> tuple[Key, ...]:
    """The keys that a profile's samples can carry as labels: those that every dump knows."""
    return tuple(
        key for key in LABELS if all(grouping([key]).fields <= set(dump.fields) for dump in dumps)
    )


def flame_graph(  # what a graph is of, and what stands at its roots and labels
    database: Database,
    dump: Dump,
    old: Dump | None = None,
    *,
    roots: Sequence[Key] = (),
    labels: Sequence[Key] = (),
    where: Where | None = None,
) -> FlameGraph:
    """The graph, its sums those of the records that `where` selects.

    Raises UsageError where two dumps differ in page size, MissingFieldError where one lacks a key.
    """
    if old is not None and old.page_size != dump.page_size:
        raise UsageError(f"{old.label} and {dump.label}: their pages differ in size")
    roots, labels = list(dict.fromkeys(roots)), list(dict.fromkeys(labels))
    keys = grouping([*roots, *labels]).keys
    query = flame_plan(database, dump, old, keys, where or Where()).query
    names = [key.column for key in keys]
    samples = (
        _sample(row, names, roots, labels) for row in database.rows(query.sql, query.parameters)
    )
    return FlameGraph(
        dump.label if old is None else f"{old.label} to {dump.label}",
        dump.label,
        tuple(samples),
        None if old is None else old.label,
        tuple(key.column for key in roots),
        dump.page_size,
        inline(query),
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
