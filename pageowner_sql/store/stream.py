"""The result of one statement, read once: row by row in Python, or as an Arrow stream."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb

from pageowner_sql.errors import UsageError
from pageowner_sql.store.database import Database, Parameters
from pageowner_sql.store.sql_errors import Script, located, sql_errors
from pageowner_sql.store.translate import translated
from pageowner_sql.store.units import Unit, Units, units_of_names, units_of_sql

Errors = Callable[[], AbstractContextManager[None]]

# Rows that Python takes at a time: enough to amortise the call, little to hold.
FETCH = 4096


_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|DOUBLE|FLOAT")


@dataclass(frozen=True)
class Column:
    """A column of a result: its name, DuckDB's name of its type, and the unit of its numbers."""

    name: str
    type: str
    unit: Unit | None = None

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, to be aligned and summed."""
        return _NUMBER.fullmatch(self.type) is not None


# Arrow would make bytes of the one, and drop the zone of the other.
_TEXT_IN_ARROW = ("BIT", "TIME WITH TIME ZONE")


class Stream:
    """A result on its way. Read it once, by `rows` or through Arrow, before the next statement.

    `gives_rows` is False for a statement that only does something (SET, CREATE, …).
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        statement: duckdb.Statement,
        parameters: Parameters,
        errors: Errors,
        units: Callable[[Sequence[str]], Units] = units_of_names,
    ) -> None:
        self._connection = connection
        self._statement = statement
        self._parameters = dict(parameters) or None
        self._errors = errors
        with errors():
            self._relation = self._bind()
            types = [str(kind) for kind in self._relation.types]
        names = self._relation.columns
        each = zip(names, types, units(names), strict=True)
        self.columns = tuple(itertools.starmap(Column, each))
        self.gives_rows = self.is_query or names not in (["Success"], ["Count"])

    def _bind(self) -> duckdb.DuckDBPyRelation:
        """Bind the statement; one that is not a query runs here and keeps its result."""
        try:
            return self._connection.sql(self._statement, params=self._parameters)
        except duckdb.Error as error:
            if self.is_query and not located(error):
                # Executing says where the fault is; a relation does not. It fails in the same way.
                self._connection.execute(self._statement, self._parameters)
                self._connection.abort()
            raise

    @property
    def is_query(self) -> bool:
        """Whether the statement does nothing but give rows; anything else ran when it was bound."""
        return self._statement.type is duckdb.StatementType.SELECT

    def rows(self) -> Generator[tuple[Any, ...]]:
        """Every row as a tuple, a few thousand in memory at a time."""
        if not self.is_query:
            with self._errors():
                rows = self._relation.fetchall()
            yield from rows
            return
        with self._errors():
            self._connection.execute(self._statement, self._parameters)
        try:
            yield from self._fetched()
        finally:
            # A reader that stops early must not leave the connection busy.
            self._connection.abort()

    def _fetched(self) -> Iterator[tuple[Any, ...]]:
        while True:
            with self._errors():
                rows = self._connection.fetchmany(FETCH)
            yield from rows
            if len(rows) < FETCH:
                return

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """The result as an Arrow stream, in the PyCapsule interface."""
        with self._errors():
            return self._as_arrow_knows_it().__arrow_c_stream__(requested_schema)

    def _as_arrow_knows_it(self) -> duckdb.DuckDBPyRelation:
        types = [column.type for column in self.columns]
        if not any(kind in _TEXT_IN_ARROW for kind in types):
            return self._relation
        names = ('"' + column.name.replace('"', '""') + '"' for column in self.columns)
        return self._relation.project(
            ", ".join(
                f"#{at}::VARCHAR AS {name}" if kind in _TEXT_IN_ARROW else f"#{at} AS {name}"
                for at, (name, kind) in enumerate(zip(names, types, strict=True), 1)
            )
        )

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The result as DuckDB's own relation, for its conversions to data frames."""
        return self._relation

    def errors(self) -> AbstractContextManager[None]:
        """Translate DuckDB's errors as this result does."""
        return self._errors()


def stream(database: Database, sql: str, parameters: Parameters | None = None) -> Stream:
    """The result of one statement of this program's own. Raises DatabaseError."""
    with translated(database.path):
        [statement] = database.connection.extract_statements(sql)
    return Stream(
        database.connection, statement, parameters or {}, lambda: translated(database.path)
    )


def not_one_select(database: Database, sql: str) -> str | None:
    """What `sql` holds where that is not one statement that only gives rows; else None."""
    with translated(database.path):
        statements = database.connection.extract_statements(sql)
    if len(statements) != 1:
        return f"{len(statements)} statements"
    kind = statements[0].type
    return None if kind is duckdb.StatementType.SELECT else f"a statement of type {kind.name}"


# A PIVOT makes a type of its columns first.
_QUERIES = frozenset(
    {
        duckdb.StatementType.SELECT,
        duckdb.StatementType.EXPLAIN,
        duckdb.StatementType.MULTI,
    }
)


class UserSql:
    """People's own SQL, cut into its statements. Raises SqlSyntaxError with the place.

    `queries` is the number of those that do nothing but give rows.
    """

    def __init__(self, database: Database, script: Script) -> None:
        self.script = script
        self._database = database
        self._connection = database.connection
        if not database.value("SELECT current_setting('errors_as_json')"):
            database.run("SET errors_as_json = true")
            database.run("SET python_enable_replacements = false")
        with sql_errors(script):
            self.statements = self._connection.extract_statements(script.text)
            rows = [duckdb.ExpectedResultType.QUERY_RESULT]
            self.queries = sum(each.expected_result_type == rows for each in self.statements)

    def check_queries(self) -> None:
        """Raise UsageError for a statement that is not a query."""
        for statement in self.statements:
            if statement.type not in _QUERIES:
                raise UsageError(
                    f"{self.script.name}: only queries run here, not statements of type "
                    f"{statement.type.name}"
                )

    def texts(self) -> Iterator[tuple[str, bool]]:
        """Each statement as it was given, and whether it does nothing but give rows."""
        for statement in self.statements:
            yield statement.query, statement.type is duckdb.StatementType.SELECT

    @property
    def parameters(self) -> frozenset[str]:
        """The named parameters of all statements together."""
        return frozenset().union(*(statement.named_parameters for statement in self.statements))

    def streams(self, parameters: Parameters) -> Iterator[Stream]:
        """Each statement's result in turn; each must be read before the next is asked for."""
        for statement in self.statements:
            own = {name: parameters[name] for name in sorted(statement.named_parameters)}
            units = partial(units_of_sql, self._database, statement.query)
            yield Stream(self._connection, statement, own, lambda: sql_errors(self.script), units)
