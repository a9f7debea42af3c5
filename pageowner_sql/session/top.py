"""Who holds the memory of a dump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.compile.rows import Key, Where, grouping
from pageowner_sql.compile.top import top_query, totals_query
from pageowner_sql.session.checks import check_fields, check_where
from pageowner_sql.session.plan import Plan
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.ownership import keep_owners


@dataclass(frozen=True)
class Totals:
    """All that is selected: records, base pages, bytes."""

    records: int
    pages: int
    bytes: int


def top_plan(
    database: Database,
    dumps: Sequence[Dump],
    keys: Sequence[Key],
    where: Where,
    limit: int | None = None,
) -> Plan:
    """The records of `dumps` summed by `keys`, the largest sums of bytes first.

    Columns: each key, records, pages, bytes, share (of the bytes selected, 0 to 1).
    Raises MissingFieldError where a dump lacks what a key or `where` needs.
    """
    groups = grouping(keys)
    check_fields(dumps, groups.fields)
    where = of_dumps(dumps, where)
    if groups.needs_owners or where.owners:
        keep_owners(database)
    return Plan(top_query(groups, where, limit))


def totals(database: Database, dumps: Sequence[Dump], where: Where) -> Totals:
    """What `where` selects of `dumps`, summed."""
    query = totals_query(of_dumps(dumps, where))
    return Totals(*database.rows(query.sql, query.parameters)[0])


def of_dumps(dumps: Sequence[Dump], where: Where) -> Where:
    """`where`, for these dumps. Raises MissingFieldError where one cannot be asked that."""
    check_where(dumps, where)
    return replace(where, labels=tuple(dump.label for dump in dumps))
