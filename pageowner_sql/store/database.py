"""A DuckDB file of dumps: opening, versions, transactions, and DuckDB's errors as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pageowner_sql.errors import DatabaseError
from pageowner_sql.open_files import protect_database, release_database
from pageowner_sql.store.interrupts import Config, connect, interruptible
from pageowner_sql.store.limits import memory_settings
from pageowner_sql.store.spill import acquire, release, remove_foreign
from pageowner_sql.store.translate import describe, translated
from pageowner_sql.temp_files import TempFolder, temp_folder

FORMAT = "pageowner_sql"
VERSION = 1
# The path that means no file.
MEMORY = ":memory:"

_HERE = Path(__file__).parent

Parameters = Mapping[str, Any]

_TABLE = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_DERIVATION = re.compile(r"^CREATE OR REPLACE (?:VIEW|MACRO) (\w+)", re.MULTILINE)

# What a database is made of, in order: what a report on one file needs, and all the rest.
_TABLES = ("schema", "base_function", "texts")
_MORE = (
    *("accounts", "owners_schema", "handles", "summaries", "views", "classes", "live", "explain"),
    *("symbols", "maintainers", "samples"),
)
# What a migration writes anew.
_DERIVED = ("texts", "handles", "summaries", "views", "classes", "live", "explain")


class Mode(Enum):
    """How a database is opened. One in memory for a REPORT has only the tables of records.

    A BARE one, in memory too, has no tables of this program.
    """

    READ = "read"
    WRITE = "write"
    MEMORY = "memory"
    REPORT = "report"
    BARE = "bare"

    @property
    def in_memory(self) -> bool:
        """Whether there is no file."""
        return self in (Mode.MEMORY, Mode.REPORT, Mode.BARE)


@cache
def statement(name: str) -> str:
    """The text of store/NAME.sql."""
    return (_HERE / f"{name}.sql").read_text(encoding="utf-8")


@cache
def base_tables() -> frozenset[str]:
    """The names of the tables that this program keeps in a file."""
    texts = (statement(name) for name in (*_TABLES, *_MORE))
    return frozenset(name for text in texts for name in _TABLE.findall(text))


@cache
def own_relations() -> frozenset[str]:
    """The names of the tables, views and macros that this program makes."""
    texts = (statement(name) for name in _MORE + _TABLES)
    return base_tables().union(*(_DERIVATION.findall(text) for text in texts))


def migrations() -> list[tuple[int, str]]:
    """Version reached and statements, for every migration there is, in order."""
    found = sorted((_HERE / "migrations").glob("*.sql"))
    return [(int(path.stem.split("_")[0]), path.read_text(encoding="utf-8")) for path in found]


def discard(path: Path) -> None:
    """Remove a database file, and its log, where they are."""
    for left in (path, path.with_name(f"{path.name}.wal")):
        # A read-only file system refuses to remove even what is not there.
        if left.exists():
            left.unlink(missing_ok=True)


class Database:
    """An open database. Use `Database.open`; close it, or use it in a `with`.

    `facts` are what callers have found out about this connection, and need not ask again.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: str,
        mode: Mode,
        spill: TempFolder | None = None,
        real: Path | None = None,
    ) -> None:
        self.connection = interruptible(connection)
        self.path = path
        self.mode = mode
        self.sandboxed = False
        # Connections with settings that one made later could not have.
        self.spares: list[duckdb.DuckDBPyConnection] = []
        self._is_cursor = False
        self._spill = spill
        self._protected = real
        if real is not None:
            protect_database(real)
        self._feeds: dict[str, Feed] = {}
        self.facts: dict[str, object] = {}

    @classmethod
    def open(
        cls,
        path: str | Path,
        mode: Mode,
        *,
        settings: Mapping[str, str | int] | None = None,
        files: bool = False,
    ) -> Database:
        """Open `path` (`:memory:` is not a file in any mode). WRITE mode makes a missing file.

        `settings` are DuckDB's; memory is limited as `memory_settings` does where they say nothing.
        SQL on a file may read and write others only with `files`: what a database holds, views and
        macros too, was made by the person who gave it away.

        Raises DatabaseError where it is locked, foreign, newer than this program or missing.
        """
        if str(path) == MEMORY and not mode.in_memory:
            mode = Mode.MEMORY
        name = MEMORY if mode.in_memory else str(path)
        if mode is Mode.READ and not Path(name).exists():
            raise DatabaseError(
                f"{name}: no such database; make it with: pageowner-sql --db {name} load DUMP"
            )
        config: Config = {
            "storage_compatibility_version": "v1.5.0",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **memory_settings(
                None, loads=mode is Mode.REPORT or (mode is Mode.WRITE and not files)
            ),
            **(settings or {}),
        }
        real = None if mode.in_memory else Path(name).resolve()
        if mode is Mode.READ:
            del config["storage_compatibility_version"]
        spill = acquire(real, beside=mode is Mode.WRITE)
        # Its own choice would be a folder of a name that others can guess, and fill with links.
        config["temp_directory"] = str(spill.path) if spill else ""
        try:
            connection = cls._connect(name, real, mode, config)
        except BaseException:
            if spill is not None:
                release(spill)
            raise
        database = cls(connection, name, mode, spill, real)
        try:
            if real and not files:
                database.run("SET enable_external_access = false")
            database._check()
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def _connect(
        cls, name: str, real: Path | None, mode: Mode, config: Config
    ) -> duckdb.DuckDBPyConnection:
        if mode is Mode.WRITE and real and not real.exists():
            cls._make(real, config)
        with translated(name):
            connection = connect(name, config, read_only=mode is Mode.READ)
        if mode is Mode.WRITE and real:
            remove_foreign(real)
        return connection

    @classmethod
    def _make(cls, path: Path, config: Config) -> None:
        """Put a new database in its place whole: a killed process leaves none, or a good one."""
        try:
            with temp_folder(path.parent) as folder:
                fresh = folder / path.name
                # Five hundred small statements: handing them to other threads takes longer.
                alone: Config = {**config, "threads": 1, "async_threads": 0}
                with translated(str(path)):
                    connection = connect(str(fresh), alone)
                with cls(connection, str(path), Mode.WRITE) as database:
                    # A tenth of the time, and none of the statements has anything to optimize.
                    database.run("PRAGMA disable_optimizer")
                    database._create()
                path.hardlink_to(fresh)
        except FileExistsError:
            # Another process was quicker: its database is as good.
            pass
        except OSError as error:
            raise DatabaseError(describe(str(path), error)) from error

    def _check(self) -> None:
        if self.mode.in_memory:
            self._create()
            return
        self._check_tables()
        try:
            facts = dict(self.rows("SELECT key, value FROM meta"))
        except DatabaseError:
            facts = {}
            # Looking through all tables takes as long as a small question.
            tables = {row[0] for row in self.rows("SELECT table_name FROM duckdb_tables()")}
            if not tables and self.mode is not Mode.READ:
                self._create()
                return
            if not tables:
                raise DatabaseError(
                    f"{self.path}: holds no dumps yet; give another file with --db"
                ) from None
        if facts.get("format") != FORMAT:
            raise DatabaseError(
                f"{self.path}: is another program's database; give another file with --db"
            )
        version = int(facts.get("version", "0"))
        if version > VERSION:
            raise DatabaseError(
                f"{self.path}: was made by a newer pageowner-sql (its tables are version "
                f"{version}, this program knows {VERSION}); update this installation"
            )
        if version < VERSION:
            self._migrate(version)

    def _check_tables(self) -> None:
        """Raise DatabaseError where a table of ours is something else."""
        views = self.rows("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        if replaced := sorted(base_tables().intersection(name for (name,) in views)):
            raise DatabaseError(
                f"{self.path}: its table {replaced[0]} is a view, which could give anything; "
                f"give another file with --db"
            )

    def _create(self) -> None:
        if self.mode is Mode.BARE:
            return
        with self.transaction():
            for name in (*_TABLES, *(() if self.mode is Mode.REPORT else _MORE)):
                self.script(name)
            if not self.mode.in_memory:
                self.script("comments")
            self.run(
                "INSERT INTO meta VALUES ('format', $format), ('version', $version)",
                {"format": FORMAT, "version": str(VERSION)},
            )

    def _migrate(self, version: int) -> None:
        if self.mode is Mode.READ:
            raise DatabaseError(
                f"{self.path}: its tables are of version {version}, this program's of {VERSION}; "
                f"bring them up with: pageowner-sql --db {self.path} dumps compact"
            )
        with self.transaction():
            for reached, text in migrations():
                if reached > version:
                    with translated(self.path):
                        self.connection.execute(text).fetchall()
            for name in (*_DERIVED, "comments"):
                self.script(name)
            self.run("UPDATE meta SET value = $v WHERE key = 'version'", {"v": str(VERSION)})

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Execute one statement with its named parameters; all rows of its small result."""
        with translated(self.path):
            return self.connection.execute(sql, dict(parameters) if parameters else None).fetchall()

    def run(self, sql: str, parameters: Parameters | None = None) -> None:
        """Execute one statement to its end. An open result would block the connection."""
        self.rows(sql, parameters)

    def value(self, sql: str, parameters: Parameters | None = None) -> Any:
        """The one value of a result of one row and column, None where it has no row."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def feed(self, name: str, rows: object) -> None:
        """Let SQL read the Arrow data `rows` as table `name`, instead of what it was fed before.

        One source a name for good: DuckDB keeps what is registered within a transaction until
        that ends, and so would keep every chunk of a load.
        """
        if name not in self._feeds:
            self._feeds[name] = Feed(rows)
            with translated(self.path):
                self.connection.register(name, self._feeds[name])
        self._feeds[name].rows = rows

    def append(self, name: str, rows: object) -> None:
        """Append Arrow `rows` to table `name` (one of the schema's own), columns by name."""
        self.feed(f"new_{name}", rows)
        sql = f"INSERT INTO {name} BY NAME SELECT * FROM new_{name}"  # noqa: S608  # a closed set
        self.run(sql)
        self._feeds[f"new_{name}"].rows = None

    def script(self, name: str) -> None:
        """Execute the statements of store/NAME.sql, which take no parameters."""
        with translated(self.path):
            self.connection.execute(statement(name)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            # The failure that brought us here may have ended the transaction already.
            with suppress(duckdb.Error):
                self.connection.execute("ROLLBACK").fetchall()
            # What was registered in the transaction went with it.
            self._feeds.clear()
            self._give_back()
            raise
        self.run("COMMIT")

    def _give_back(self) -> None:
        """Give the disk what a failed transaction wrote ahead; DuckDB does so after a change."""
        if self.mode is Mode.WRITE:
            with suppress(duckdb.Error):
                self.connection.execute("UPDATE meta SET value = value").fetchall()
                self.connection.execute("CHECKPOINT").fetchall()

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """DuckDB runs statements only in this thread.

        Several that insert leave row groups that are not full, which the checkpoint then writes
        again: twice the time, and a third more of space.
        """
        before = self.value("SELECT current_setting('threads')")
        self.run("SET threads = 1")
        try:
            yield
        finally:
            # By another connection, since this one's transaction may have failed.
            with self.cursor() as other:
                other.run(f"SET threads = {before}")

    def cursor(self) -> Database:
        """Another connection to the same database, with temporary tables of its own."""
        with translated(self.path):
            spare = self.spares.pop() if self.spares else self.connection.cursor()
            made = Database(spare, self.path, self.mode)
        made.sandboxed = self.sandboxed
        made.spares, made._is_cursor = self.spares, True
        return made

    def close(self) -> None:
        """Close the file."""
        try:
            if not self._is_cursor:
                self.spares.clear()
            with translated(self.path):
                self.connection.close()
        finally:
            if self._spill is not None:
                release(self._spill)
                self._spill = None
            if self._protected is not None:
                release_database(self._protected)
                self._protected = None

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Feed:
    """Arrow data that can be exchanged for other of the same columns; read anew by every scan."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)
