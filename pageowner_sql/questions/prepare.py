"""What a connection needs before SQL runs on it: owners, the catalogue, a selection."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pageowner_sql.questions.answerable import check_where, lacks
from pageowner_sql.questions.query_catalog import catalog_in_force, named_queries_table
from pageowner_sql.sql.filters import selection_queries
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.query import Query
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import Dump, all_dumps
from pageowner_sql.store.owners import keep_owners

_OWNERS = re.compile(
    r"owner|subsystem|live_allocations|dump_stacks|explain_stack|\bdump\s*\(", re.IGNORECASE
)
_CATALOG = re.compile(r"\bnamed_queries\b", re.IGNORECASE)


def prepare(database: Database, sql: str) -> None:
    """Provide what `sql` may read and the file does not hold."""
    if _OWNERS.search(sql) and database.mode is not Mode.BARE:
        prepare_owners(database)
    for query in catalogue(sql):
        database.run(query.sql, query.parameters)


def catalogue(sql: str) -> Sequence[Query]:
    """The statements that give `sql` the table of named queries, where it asks for that."""
    return named_queries_table(catalog_in_force()) if _CATALOG.search(sql) else ()


def prepare_owners(database: Database) -> None:
    """Bring owners up to the rules in force, all or nothing."""
    with database.transaction():
        keep_owners(database)


def left_out(database: Database, where: Where) -> list[Dump]:
    """The dumps of which `where` selects nothing, as they lack what it asks for.

    Raises MissingFieldError where that would be all of them.
    """
    dumps = [dump for dump in all_dumps(database) if dump.records]
    without = [dump for dump in dumps if lacks(dump, where)]
    if without and len(without) == len(dumps):
        check_where(dumps, where)
    return without


def able(database: Database, without: Sequence[Dump]) -> list[Dump]:
    """The dumps that have records, but for those `without` what is asked for."""
    return [dump for dump in all_dumps(database) if dump.records and dump not in without]


def selection(
    database: Database, where: Where, *, ordered: bool = False, most: int | None = None
) -> Sequence[Query]:
    """Statements that make every view show only what `where` selects of any dump."""
    if not where.given:
        return ()
    name = str(database.value("SELECT current_database()"))
    return selection_queries(where, name, ordered=ordered, most=most)
