"""The report's timeline: what was held in each of three dumps or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pageowner_sql.errors import InputError, PageOwnerError
from pageowner_sql.output.model import Section, Timeline, TimelineLayer
from pageowner_sql.questions.boots import in_order
from pageowner_sql.questions.flame import text
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.prepare import prepare_owners
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.sql.grouping import Grouping, Key, Where, grouping
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

# Fewer dumps do not make a line; people can tell this many layers apart.
FEWEST = 3
NAMED = 10
OTHERS = "(others)"
# Frames of a stack's name, from its owner on.
_FRAMES = 4
LAYERS = (
    ("owner", (Key.OWNER,)),
    ("process", (Key.COMM,)),
    ("subsystem", (Key.SUBSYSTEM,)),
    ("stack", (Key.FUNCTION_STACK, Key.OWNER)),
)


def timeline(asked: ReportQueries, olds: Sequence[Dump]) -> Section | None:
    """The dumps over time by each key that all of them know; None of fewer than three."""
    drawn = _timeline(asked, [*olds, asked.dump])
    return Section("timeline", "Over time", (drawn,)) if drawn else None


def timeline_of(database: Database, dumps: Sequence[Dump], where: Where) -> Timeline:
    """The same by itself. Raises InputError where there is none."""
    if len(dumps) < FEWEST:
        raise InputError(f"a timeline takes {FEWEST} dumps or more; there are {len(dumps)}")
    where = check_filters(database, dumps, where)
    prepare_owners(database)
    drawn = _timeline(ReportQueries(database, dumps[-1], None, where), dumps)
    if drawn is None:
        raise InputError("these dumps know no key that a timeline could show")
    return drawn


def _timeline(asked: ReportQueries, dumps: Sequence[Dump]) -> Timeline | None:
    if len(dumps) < FEWEST:
        return None
    layers, statements = [], []
    for title, keys in LAYERS:
        if all(grouping(keys).fields <= set(dump.fields) for dump in dumps):
            where = replace(asked.where, labels=tuple(dump.label for dump in dumps))
            query = timeline_query(grouping(keys), where, NAMED)
            layers.append(_layer(title, keys, dumps, asked.rows(query)))
            statements.append(f"{asked.shown(query)};\n")
    if not layers:
        return None
    times = _times(dumps)
    return Timeline(
        "Held in each dump",
        tuple(dump.label for dump in dumps),
        times,
        tuple(layers),
        "" if times else "No clock tells when the dumps were taken: they stand side by side.",
        "".join(statements),
    )


def timeline_query(keys: Grouping, where: Where, limit: int) -> Query:
    """Rows place, the keys, label, bytes; a place of NULL is that of all others."""

    def made(keys: Grouping) -> Query:
        parameters = {**where.parameters(), "limit": limit}
        return render("report_timeline", parameters, keys=keys, where=where)

    return replace(made(keys), readable=lambda: made(keys.readable))


def _times(dumps: Sequence[Dump]) -> tuple[int, ...]:
    """Nanoseconds of each dump after the first; () where they share no clock."""
    try:
        _, ordered = in_order(dumps)
    except PageOwnerError:
        return ()
    if ordered != list(dumps):
        return ()
    first = dumps[0].captured_at
    if first is not None and all(dump.captured_at for dump in dumps):
        return tuple(
            int((dump.captured_at - first).total_seconds() * 1e9)
            for dump in dumps
            if dump.captured_at
        )
    start = dumps[0].newest_alloc_ts or 0
    return tuple((dump.newest_alloc_ts or 0) - start for dump in dumps)


def _layer(
    title: str, keys: Sequence[Key], dumps: Sequence[Dump], rows: Sequence[tuple[Any, ...]]
) -> TimelineLayer:
    places = {dump.label: place for place, dump in enumerate(dumps)}
    held: dict[str, list[int]] = {}
    for place, *values, label, size in rows:
        name = OTHERS if place is None else layer_name(values)
        held.setdefault(name, [0] * len(dumps))[places[label]] += size
    return TimelineLayer(
        keys[0].column, title, tuple(held), tuple(tuple(sizes) for sizes in held.values())
    )


def layer_name(values: Sequence[Any]) -> str:
    """The value of one key; a stack from its owner on."""
    if len(values) == 1:
        return text(values[0])
    stack, owner = values
    frames = text(stack).split("\n")
    start = frames.index(owner) if owner in frames else 0
    return " < ".join(frames[start : start + _FRAMES])
