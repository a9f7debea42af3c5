"""The Python API: the command line's own way through, with results as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pageowner_sql.errors import InputError, PageOwnerError, UsageError
from pageowner_sql.questions.result import Result
from pageowner_sql.sql.catalog import NamedQuery
from pageowner_sql.sql.filters import where
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump, all_dumps
from pageowner_sql.workspace import MEMORY, Workspace

__all__ = [
    "Dump",
    "Key",
    "NamedQuery",
    "PageOwnerError",
    "Result",
    "Session",
    "Where",
    "open",
    "where",
]


def open(path: str | Path = MEMORY) -> Session:  # noqa: A001  # po.open, as the command line's --db
    """Open a database of dumps; a file that is not there is made by the first `load`.

    The file is held for writing only while `load` runs, so other processes can read it. Without a
    path the dumps are kept in memory and go with the session.
    """
    return Session(path)


class Session:
    """An open database of dumps. Close it, or use it in a `with`."""

    def __init__(self, path: str | Path = MEMORY) -> None:
        self.path = str(path)
        self._workspace = Workspace(self.path, released=self._close_results, files=True)
        self._results: list[Result] = []
        self._closed = False

    @property
    def _database(self) -> Database:
        self._check_open()
        return self._workspace.database

    def load(  # noqa: PLR0913  # as many as a dump has properties
        self,
        *inputs: str | Path,
        label: str | None = None,
        host: str | None = None,
        kernel: str | None = None,
        captured_at: datetime | None = None,
        boot_id: str | None = None,
        page_size: int | None = None,
        tags: Mapping[str, str] | None = None,
        strict: bool = False,
    ) -> list[Dump]:
        """Load dumps, each once, all of it or nothing; the dumps that they are, in that order.

        `inputs` are files (plain or compressed), folders and globs. `captured_at` is taken as UTC
        where it has no zone; `page_size` is in bytes, 4096 where it is not known.
        Raises InputError, LabelError, DatabaseError, and RejectedRecordsError under `strict`.
        Results of queries made before are closed.
        """
        from pageowner_sql.store.load import LoadOptions

        options = LoadOptions(
            label=label or "",
            host=host,
            kernel=kernel,
            captured_at=captured_at,
            boot_id=boot_id,
            page_size=page_size,
            tags=dict(tags or {}),
            strict=strict,
        )
        self._check_open()
        return self._workspace.load([str(each) for each in inputs], options)

    def _check_open(self) -> None:
        if self._closed:
            raise InputError("this session is closed; make another with open(…)")

    def dumps(self) -> list[Dump]:
        """Every dump, in the order of loading."""
        return all_dumps(self._database)

    def queries(self) -> Iterator[NamedQuery]:
        """The named queries, each with its documentation; files that are wrong are left out."""
        from pageowner_sql.questions.query_catalog import catalog_in_force

        return (each for each in catalog_in_force() if isinstance(each, NamedQuery))

    def query(
        self, name: str, /, *, where: Where | None = None, limit: int | None = None, **params: Any
    ) -> Result:
        """Run a named query: `db.query("stacks/top", top=10)`. Its dumps are labels or files.

        A dump that is not given is the one loaded last. Columns and units: `db.queries()`.
        Raises UsageError for an unknown name or wrong parameters, MissingFieldError where a dump
        cannot answer.
        """
        from pageowner_sql.questions.named_query import dump_words, named_plan
        from pageowner_sql.questions.query_catalog import catalog_in_force

        asked = catalog_in_force().find(name)
        words = dump_words(asked, params)
        dumps = {param: self._dump(word) for param, word in words.items()}
        cursor = self._database.cursor()
        plan = named_plan(cursor, asked, params, dumps, where or Where(), limit)
        return self._keep(Result(cursor, plan))

    def sql(self, text: str, /, *, where: Where | None = None, **params: Any) -> Result:
        """Run SQL on the tables and views (`pageowner-sql schema`); `params` are `$name` in it.

        Of several statements the last one's rows are given. The database is not changed.
        Raises SqlError with line and column.
        """
        from pageowner_sql.questions.user_sql import Asked
        from pageowner_sql.store.sql_errors import Script

        cursor = self._database.cursor()
        asked = Asked(cursor, Script("SQL", text), params, where or Where())
        return self._keep(Result.of_script(cursor, asked))

    def top(
        self,
        dump: str | Path | None = None,
        *,
        by: str | Key | Sequence[str | Key] = Key.STACK,
        where: Where | None = None,
        limit: int | None = None,
    ) -> Result:
        """Who holds the memory of a dump: one row a group, the largest first.

        `by` is one key or several (`po.Key`). Columns: the keys, records, pages (base pages),
        bytes, share (of the bytes selected, 0 to 1). Raises MissingFieldError, UsageError.
        """
        from pageowner_sql.questions.top import top_plan

        keys = [by] if isinstance(by, str) else list(by)
        try:
            asked = [Key(key) for key in keys]
        except ValueError as error:
            raise UsageError(f"by: {error}; keys are {', '.join(Key)}") from error
        about = self._dump(dump)
        cursor = self._database.cursor()
        return self._keep(Result(cursor, top_plan(cursor, [about], asked, where or Where(), limit)))

    def export(self, dump: str | Path, target: str | Path, *, where: Where | None = None) -> int:
        """Write a dump's own text to `target`, byte for byte; how many bytes.

        With `where` only the records that it selects. `.gz .xz .zst .bz2 .lz4` compress.
        """
        from pageowner_sql.output.targets import binary_output
        from pageowner_sql.questions.export import text

        about = self._dump(dump)
        with self._database.cursor() as cursor, binary_output(str(target)) as file:
            return sum(file.write(piece) for piece in text(cursor, about, where or Where()))

    def _dump(self, word: str | Path | None) -> Dump:
        self._check_open()
        return self._workspace.dump(None if word is None else str(word))

    def _keep(self, result: Result) -> Result:
        self._results = [each for each in self._results if each.is_open]
        self._results.append(result)
        return result

    def _close_results(self) -> None:
        for result in self._results:
            result.close()
        self._results.clear()

    def close(self) -> None:
        """Close the database and every result of it, for good."""
        self._close_results()
        self._workspace.close()
        self._closed = True

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<pageowner_sql session on {self.path}>"
