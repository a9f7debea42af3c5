"""SQL of the user's own on an open database: its parameters and its selection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pageowner_sql.errors import UsageError
from pageowner_sql.questions.expression import check_expression
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.prepare import able, catalogue, left_out, prepare, selection
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.query import Query, limited, runnable
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.sql_errors import Script
from pageowner_sql.store.stream import Stream, UserSql


class UserScript:
    """A script with the values of its parameters, ready to be shown or run.

    `left_out`: dumps of which `where` selects nothing, as their format lacks what it asks for.
    Raises SqlSyntaxError with line and column, UsageError where parameters and values differ.
    """

    def __init__(
        self, database: Database, script: Script, values: Mapping[str, Any], where: Where
    ) -> None:
        self.database = database
        self.sql = UserSql(database, script)
        self.values = values
        self.left_out, self.where = _checked(database, where)
        _check_parameters(self.sql.parameters, values)
        if not self.sql.statements:
            raise UsageError(f"{script.name}: holds no statement")

    def shown(self, limit: int | None = None) -> str:
        """The statements with the values written into them, ready for any DuckDB shell."""
        queries = (
            limited(Query(text, self.values), limit if is_query else None)
            for text, is_query in self.sql.texts()
        )
        return runnable(*catalogue(self.sql.script.text), *self._before(), *queries)

    def streams(self) -> Iterator[Stream]:
        """Each statement's result in turn; each must be read before the next is asked for."""
        prepare(self.database, self.sql.script.text)
        for query in self._before():
            self.database.run(query.sql, query.parameters)
        yield from self.sql.streams(self.values)

    def _before(self) -> Sequence[Query]:
        return selection(self.database, self.where)


def _checked(database: Database, where: Where) -> tuple[Sequence[Dump], Where]:
    """The dumps that `where` leaves out, and `where` with what is known of its values."""
    if not where.given:
        return [], where
    where = check_expression(database, where)
    without = left_out(database, where)
    return without, check_filters(database, able(database, without), where)


def _check_parameters(wanted: frozenset[str], given: Mapping[str, Any]) -> None:
    if unknown := sorted(given.keys() - wanted):
        has = (
            f"it has {', '.join(f'${name}' for name in sorted(wanted))}"
            if wanted
            else "it has none"
        )
        raise UsageError(f"--param {unknown[0]}: the SQL has no ${unknown[0]}; {has}")
    if missing := sorted(wanted - given.keys()):
        raise UsageError(f"${missing[0]} has no value; give it with --param {missing[0]}=VALUE")
