"""Who holds the memory of a dump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.questions.answerable import check_where, parts_of, the_part, unknown_of
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where, grouping
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners


def top_query(keys: Grouping, where: Where, limit: int | None = None) -> Query:
    """One row a group: its keys, records, pages, bytes, share (0 to 1 of the bytes selected).

    A group by function counts a record once for each function in its stack; shares then add up to
    more than 1.
    """
    parameters = {**where.parameters(), "limit": limit}
    query = render("top", parameters, keys=keys, where=where, limit=limit)
    if keys.source is RowSource.SUMMARIES:
        return query
    template = "top" if Key.FUNCTION in keys.keys else "top_shown"
    return replace(
        query,
        readable=lambda: render(template, parameters, keys=keys.readable, where=where, limit=limit),
    )


def readable_keys(dump: Dump) -> tuple[Key, ...]:
    """What people ask first: owner and process; less where the dump lacks a field, else stacks."""
    for keys in ((Key.OWNER, Key.COMM), (Key.OWNER,)):
        if grouping(keys).fields <= set(dump.fields):
            return keys
    return (Key.STACK,)


def totals_query(where: Where, source: RowSource = RowSource.RECORDS) -> Query:
    """One row: records, pages and bytes of all that is selected."""
    keys = grouping((), source)
    query = render("totals", where.parameters(), keys=keys, where=where)
    if source is RowSource.SUMMARIES:
        return query
    return replace(
        query,
        readable=lambda: render("totals", where.parameters(), keys=keys.readable, where=where),
    )


@dataclass(frozen=True)
class Totals:
    """All that is selected: records, base pages, bytes; None for what a dump does not count."""

    records: int | None
    pages: int | None
    bytes: int | None


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
    groups = the_part(parts_of(database, dumps, keys, where))
    where = check_filters(database, dumps, of_dumps(dumps, where))
    if groups.needs_owners or where.needs_owners:
        keep_owners(database)
    return Plan(top_query(groups, where, limit))


def totals(database: Database, dumps: Sequence[Dump], where: Where) -> Totals:
    """What `where` selects of `dumps`, summed."""
    source = the_part(parts_of(database, dumps, (), where)).source
    query = totals_query(of_dumps(dumps, where), source)
    [sums] = database.rows(query.sql, query.parameters)
    unknown = unknown_of(dumps)
    found = zip(("records", "pages", "bytes"), sums, strict=True)
    return Totals(*(None if name in unknown else value for name, value in found))


def of_dumps(dumps: Sequence[Dump], where: Where) -> Where:
    """`where`, for these dumps. Raises MissingFieldError where one cannot be asked that."""
    check_where(dumps, where)
    return replace(where, labels=tuple(dump.label for dump in dumps))
