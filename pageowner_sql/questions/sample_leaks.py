"""What grows in the samples of a span: trends, steps, spikes and rhythms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pageowner_sql.output.plain import printable
from pageowner_sql.output.trend import Trend
from pageowner_sql.output.units import count, duration
from pageowner_sql.questions.answerable import parts_of, the_part
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Answer, Plan
from pageowner_sql.questions.top import of_dumps
from pageowner_sql.sql.grouping import Grouping, Key, Where
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.samples import SampleSpan

# What moves by less is left out.
LEAST = 64 << 10
# Samples that a sparkline shows.
_DRAWN = 16


def shapes_query(
    keys: Grouping,
    where: Where,
    span: SampleSpan,
    *,
    evidence: bool = True,
    limit: int | None = None,
) -> Query:
    """One row a group, those that grow for good first: rank, verdict, its keys, slope, …."""
    values = {**where.parameters(), **span.parameters, "period": span.period, "least": LEAST}
    return render(
        "leaks_samples",
        {**values, "limit": limit},
        keys=keys,
        where=where,
        evidence=evidence,
        limit=limit,
    )


def series_query(
    keys: Grouping, where: Where, span: SampleSpan, times: Sequence[datetime]
) -> Query:
    """What each group held at some times of the span: its keys, and a list of bytes."""
    values = {**where.parameters(), **span.parameters, "times": list(times)}
    return render("samples_series", values, keys=keys, where=where)


def sample_leaks_answer(  # noqa: PLR0913  # as leaks_answer, and the span
    database: Database,
    dump: Dump,
    span: SampleSpan,
    keys: Sequence[Key],
    where: Where,
    *,
    evidence: bool = True,
    limit: int | None = None,
) -> Answer:
    """How each group moves over the span; `dump` has all stacks of it.

    Raises MissingFieldError for keys that stacks do not have.
    """
    groups = the_part(parts_of(database, [dump], keys, where))
    where = check_filters(database, [dump], of_dumps([dump], where))
    keep_owners(database)

    def trend() -> Trend:
        times = some_of(span.times, _DRAWN)
        query = series_query(groups, where, span, times)
        rows = database.rows(query.sql, query.parameters)
        return Trend(groups.result_names, [str(at) for at in times], series_of(rows))

    def notes() -> Iterator[str]:
        lasts = int((span.times[-1] - span.times[0]).total_seconds() * 1e9)
        yield f"{printable(dump.label)}: {count(len(span.times))} samples, {duration(lasts)}"
        if span.left_out:
            yield f"{count(span.left_out)} samples of earlier boots are left out"

    query = shapes_query(groups, where, span, evidence=evidence, limit=limit)
    return Answer(Plan(query), notes=notes, trend=trend)


def some_of(times: Sequence[datetime], most: int) -> list[datetime]:
    """Some of the times, evenly, the first and the last among them."""
    if len(times) <= most:
        return list(times)
    return [times[round(at * (len(times) - 1) / (most - 1))] for at in range(most)]


def series_of(rows: Sequence[Sequence[Any]]) -> dict[tuple[Any, ...], list[int]]:
    """Rows of `series_query` by their keys."""
    return {tuple(keys): held for *keys, held in rows}
