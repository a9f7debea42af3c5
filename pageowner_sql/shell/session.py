"""The shell's database: open while a statement runs, closed between statements."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.questions.named_query import chosen_dumps, dump_words, named_plan
from pageowner_sql.questions.plan import Plan, run
from pageowner_sql.questions.query_catalog import catalog_in_force
from pageowner_sql.questions.user_sql import UserScript
from pageowner_sql.shell.show import say, show, some_rows, write
from pageowner_sql.sql.catalog import Catalog
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.query import Query
from pageowner_sql.store.database import MEMORY, Database, Mode, statement
from pageowner_sql.store.describe import comment_on, description_sql
from pageowner_sql.store.dumps import all_dumps, the_dump
from pageowner_sql.store.interrupts import interrupt_all, stop_others, time_limit
from pageowner_sql.store.sql_errors import Script
from pageowner_sql.store.stream import Stream

# Seconds between two checks whether a query was interrupted or has ended.
_INSISTING = 0.05

_COLUMNS = """
SELECT column_name, comment FROM duckdb_columns()
WHERE table_name = $name AND NOT internal ORDER BY column_index
"""
# Table macros whose rows are those of a view.
_ROWS_OF = {"dump": "live_allocations", "in_range": "live_allocations"}
# The smallest table that has all values of a column.
_VALUES_OF = {
    **dict.fromkeys(("comm", "gfp"), "headers"),
    **dict.fromkeys(("owner", "owner_module", "subsystem"), "stack_owners"),
    **dict.fromkeys(("function", "base_function"), "frames"),
    "memcg": "known_rests",
    "migratetype": "layouts",
    "module": "stack_modules",
    "pageblock_migratetype": "page_states",
}
_VALUES = """
SELECT DISTINCT {column} FROM {table} WHERE starts_with({column}, $started) ORDER BY 1 LIMIT 200
"""

Result = TypeVar("Result")


class Name(NamedTuple):
    """A name for SQL: `kind` is table, view, macro, column of …, keyword, function."""

    name: str
    kind: str
    comment: str | None


class ShellSession:
    """One user's session on one database. Use it in a `with`.

    For reading, the file is open only while a statement runs, so that it does not block a `load`
    elsewhere. After the first statement that creates something in this connection it stays open.
    """

    def __init__(
        self,
        path: str,
        *,
        write: bool = False,
        timeout: float | None = None,
        settings: Mapping[str, str | int] | None = None,
        run_words: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        self.path = path
        self.mode = Format.TABLE
        # Rows of a table at most; None shows both ends of a long one, 0 all.
        self.limit: int | None = None
        self.timer = False
        # Where the rows of the next result go instead of the terminal.
        self.file: str | None = None
        self._run_words = run_words
        self.keeps = write or path == MEMORY
        self._write = write
        self._timeout = timeout
        self._settings = settings
        self._database: Database | None = None

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The open database; closed at the end unless the connection must be kept."""
        if self._database is None:
            # A missing database is not created here, so that a mistyped name is an error.
            write = self._write and Path(self.path).exists()
            mode = Mode.WRITE if write else Mode.READ
            self._database = Database.open(self.path, mode, settings=self._settings, files=True)
        try:
            yield self._database
        finally:
            if not self.keeps:
                self.close()

    def sql(self, script: Script) -> None:
        """Run statements one after the other and show the rows of each. Ctrl-C stops them."""
        with self.database() as database:
            self._stoppable(lambda: self._statements(database, script))

    def _statements(self, database: Database, script: Script) -> None:
        for stream in UserScript(database, script, {}, Where()).streams():
            if stream.gives_rows:
                self._show(stream)
                continue
            # The statement may have set or created something that closing would lose.
            self._keep()
            changed = [row[0] for row in stream.rows() if stream.columns[0].name == "Count"]
            say(f"{some_rows(changed[0])} changed" if changed else "done")
            self.forget_names()

    def _keep(self) -> None:
        if not self.keeps:
            self.keeps = True
            say(f"{self.held}: the change exists in this connection only; {self.let_go}")

    @property
    def held(self) -> str:
        """A message about the process that holds the file."""
        return f"process {os.getpid()} now holds {self.path}"

    @property
    def let_go(self) -> str:
        """A message about its consequence."""
        return "other processes cannot load until .quit"

    def named(self, name: str, given: dict[str, str], labels: Sequence[str] = ()) -> None:
        """Run a named query about the dumps of `labels`, else those that it chooses."""
        asked = self.catalog.find(name)
        words = dump_words(asked, given, labels)
        with self.database() as database:
            dumps = all_dumps(database)
            said = {param: the_dump(dumps, word) if word else None for param, word in words.items()}
            chosen = chosen_dumps(database, asked, said, say)
            self._plan(database, lambda: named_plan(database, asked, given, chosen, Where()))

    def command(self, words: Sequence[str]) -> None:
        """Run a command of the program on this database."""
        if self._run_words is None:
            raise UsageError(f".{words[0]}: only `pageowner-sql shell` has commands")
        if self.keeps:
            raise UsageError(
                f".{words[0]}: needs the file, and this connection keeps it; start another shell"
            )
        self._run_words(words)
        # A file that was named is a dump now.
        self.forget_names()

    def describe(self, name: str | None) -> None:
        """Show the tables, views and macros, or the columns of one of them."""
        with self.database() as database:
            plan = Plan(Query(*description_sql(database, name)))
            self._plan(database, lambda: plan)
            if name and (comment := comment_on(database, name)):
                say(comment)

    def _plan(self, database: Database, make: Callable[[], Plan]) -> None:
        self._stoppable(lambda: self._show(run(database, make())))

    def _show(self, stream: Stream) -> None:
        file, self.file = self.file, None
        if file is None:
            show(stream, self.mode, self.limit)
        else:
            write(stream, file, self.mode, self.limit)

    def _stoppable(self, work: Callable[[], None]) -> None:
        with nullcontext() if self._timeout is None else time_limit(self._timeout):
            stoppable(work)

    @property
    def catalog(self) -> Catalog:
        """The named queries, read again, because a file may have changed."""
        return catalog_in_force()

    @cached_property
    def names(self) -> list[Name]:
        """The names for SQL, in the order of completion."""
        with self.database() as database:
            return [Name(*row) for row in database.rows(statement("names"))]

    def columns(self, table: str) -> list[Name]:
        """The columns of a table or view."""
        known = _ROWS_OF.get(table, table)
        with self.database() as database:
            rows = database.rows(_COLUMNS, {"name": known})
        return [Name(name, f"column of {known}", comment) for name, comment in rows]

    def values(self, column: str, started: str) -> list[str]:
        """Values of a column that begin so, for columns of names."""
        table = _VALUES_OF.get(column)
        if table is None:
            return []
        sql = _VALUES.format(column=column, table=table)
        with self.database() as database:
            return [value for (value,) in database.rows(sql, {"started": started})]

    @property
    def labels(self) -> list[str]:
        """The labels of the dumps, in the order of loading."""
        with self.database() as database:
            return [dump.label for dump in all_dumps(database)]

    def forget_names(self) -> None:
        """Read names again when they are needed: a statement may have created one."""
        self.__dict__.pop("names", None)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def __enter__(self) -> ShellSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stoppable(work: Callable[[], Result]) -> Result:
    """Do `work` in a separate thread, so that Ctrl-C stops only its query.

    Raises KeyboardInterrupt if it was stopped, and the errors of `work`.
    """
    with ThreadPoolExecutor(1) as pool:
        # An interrupt before the query starts would leave it running.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        doing = pool.submit(work)
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            # If another thread gets the signal, nothing wakes this one.
            while not doing.done():
                wait([doing], timeout=_INSISTING)
        except KeyboardInterrupt:
            _stop(doing)
            raise
        return doing.result()


def _stop(doing: Future[Result]) -> None:
    """Interrupt until the work has ended, because an interrupt between two statements is lost."""
    with stop_others():
        while not doing.done():
            # A second Ctrl-C means the same.
            with suppress(KeyboardInterrupt):
                interrupt_all()
                wait([doing], timeout=_INSISTING)
