"""A result in Python: rows, data frames, Arrow, a file, a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pageowner_sql.errors import InputError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output, write_rows
from pageowner_sql.questions.plan import Answer, run
from pageowner_sql.store.database import Database
from pageowner_sql.store.stream import Column, Stream

if TYPE_CHECKING:
    import pandas  # noqa: ICN001  # written out in annotations, where pd says nothing
    import polars  # noqa: ICN001  # pl is a method here

    from pageowner_sql.output.trend import Trend
    from pageowner_sql.questions.user_sql import UserScript

_OWNER_PLACES = "SELECT stack_id, owner_pos FROM stack_owners WHERE owner_pos IS NOT NULL"


class Result:
    r"""The rows of one query. It can be read more than once; each time the query runs.

    Numbers are raw: bytes in bytes, times in nanoseconds, shares 0 to 1. Names are in the tables'
    escape (bytes that are not UTF-8 as `\xNN`, a backslash as `\\`).
    """

    def __init__(self, database: Database, answer: Answer) -> None:
        self._database: Database | None = database
        self._answer: Answer | None = answer
        self._sql = answer.plan.shown()
        self._stream = run(database, answer.plan)

    @classmethod
    def of_script(cls, database: Database, script: UserScript) -> Result:
        """The last result of a script; the statements before it run at once."""
        self = cls.__new__(cls)
        self._database = database
        self._answer = None
        self._sql = script.shown()
        streams = list(script.streams())
        self._stream = streams[-1]
        return self

    @property
    def sql(self) -> str:
        """The SQL, its values written into it, ready for any DuckDB shell on the file."""
        return self._sql

    @property
    def columns(self) -> tuple[Column, ...]:
        """Name and DuckDB type of every column."""
        return self._stream.columns

    @property
    def is_open(self) -> bool:
        """False after `close`, after the session's, and after a `load` of the session."""
        return self._database is not None

    def caption(self) -> str | None:
        """What all rows add up to, in one line; None where a result has no such line."""
        return self._answer.caption() if self._answer else None

    def notes(self) -> list[str]:
        """What to know of the rows: what the dumps lack, what was left out, how it was counted."""
        return list(self._answer.notes()) if self._answer else []

    def trend(self) -> Trend | None:
        """What each key held in the dumps of a boot; None where there is one dump, or no boot."""
        return self._answer.trend() if self._answer else None

    def owner_places(self) -> dict[int, int]:
        """The place of the owner's frame in stacks, by stack_id; {} where no stacks are shown."""
        if self._database is None or "stack" not in {column.name for column in self.columns}:
            return {}
        return dict(self._database.rows(_OWNER_PLACES))

    @property
    def stream(self) -> Stream:
        """The rows on their way, for what writes them."""
        return self._read()

    def _read(self) -> Stream:
        if self._database is None:
            raise InputError("this result is closed; run its query again")
        return self._stream

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Every row as a tuple of Python values, a few thousand in memory at a time."""
        return self._read().rows()

    def rows(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of Python values."""
        return list(self)

    def dicts(self) -> list[dict[str, Any]]:
        """All rows as dictionaries by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self]

    def df(self) -> pandas.DataFrame:
        """All rows as a pandas data frame. Raises InputError where pandas is not installed."""
        _need("pandas")
        with self._read().errors():
            frame: pandas.DataFrame = self._stream.relation.df()
        return frame

    def pl(self) -> polars.DataFrame:
        """All rows as a polars data frame. Raises InputError where polars is not installed."""
        _need("polars", "pyarrow")
        with self._read().errors():
            frame: polars.DataFrame = self._stream.relation.pl()
        return frame

    def arrow(self) -> Any:
        """All rows as a pyarrow Table. Raises InputError where pyarrow is not installed."""
        _need("pyarrow")
        with self._read().errors():
            return self._stream.relation.to_arrow_table()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """The rows as an Arrow stream, for any library that knows the PyCapsule interface."""
        return self._read().__arrow_c_stream__(requested_schema)

    def write(self, path: str | Path, form: str | Format | None = None) -> int:
        """Write the rows to `path`, in the format of its ending or in `form`; how many.

        The file is there whole or not at all; `.csv.gz` and the like are compressed.
        """
        output = Output(Format(form) if form else None, str(path))
        return write_rows(self._read(), output).rows

    def _repr_html_(self) -> str:
        """The first rows as a table, for notebooks."""
        from pageowner_sql.output.cells import column
        from pageowner_sql.output.notebook import html_table
        from pageowner_sql.store.write import text_rows

        shown = [column(each.name, numeric=each.is_number, unit=each.unit) for each in self.columns]
        with closing(text_rows(self._read())) as rows:
            return html_table(shown, rows)

    def __repr__(self) -> str:
        columns = ", ".join(f"{column.name} {column.type}" for column in self.columns)
        return f"<Result: {columns}>"

    def close(self) -> None:
        """Let go of the database."""
        if self._database is not None:
            self._database.close()
            self._database = None


def _need(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise InputError(f"{module} is not installed: pip install 'pageowner-sql[arrow]'")
