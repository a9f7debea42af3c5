"""The queries of a call, which are run or shown by `--show-sql`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pageowner_sql.output.trend import Trend
from pageowner_sql.sql.query import Query, runnable
from pageowner_sql.store.database import Database
from pageowner_sql.store.stream import Stream, stream


@dataclass(frozen=True)
class Plan:
    """A query, and the statements that its connection needs before it."""

    query: Query
    before: tuple[Query, ...] = ()

    def shown(self) -> str:
        """The SQL, its values written into it, ready for any DuckDB shell on the file.

        A query with a readable form needs no statements before it.
        """
        return runnable(*(() if self.query.readable else self.before), self.query)


@dataclass(frozen=True)
class Answer:
    """A plan of rows with caption, notes and trend, each computed when it is called.

    `caption` sums all rows up in a line, `notes` are lines about dumps and counts, `trend` is what
    each key held over time.
    """

    plan: Plan
    caption: Callable[[], str | None] = lambda: None
    notes: Callable[[], Iterable[str]] = lambda: ()
    trend: Callable[[], Trend | None] = lambda: None


def run(database: Database, plan: Plan) -> Stream:
    """The result of `plan`; the connection is its own until that is read."""
    for query in plan.before:
        database.run(query.sql, query.parameters)
    return stream(database, plan.query.sql, plan.query.parameters)
