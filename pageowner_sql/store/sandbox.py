"""A database for SQL that is not trusted: it reads these tables and nothing else here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.translate import translated

if TYPE_CHECKING:
    import duckdb

_CLOSED: dict[str, str | int] = {
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "allow_unsigned_extensions": "false",
    # A connection that is made of this one has it too, and could not set it any more.
    "errors_as_json": "true",
    "python_enable_replacements": "false",
}

# The order counts: what is locked cannot be set any more. A folder to spill to would be one that
# SQL may write to and read from, so there is none: what does not fit in memory fails.
_LOCKS = (
    "SET temp_directory = ''",
    "SET allowed_directories = []",
    "SET allowed_paths = []",
    "SET enable_external_access = false",
    # The database's own file, where what was removed is still to be found, counts as internal.
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)


# What tells how far a statement is; a connection does not have it from the one it is made of.
_MEASURED = (
    "SET enable_progress_bar_print = false",
    "SET progress_bar_time = 0",
    "SET enable_progress_bar = true",
)
# Connections that tell; further ones do not. Each takes a millisecond to make.
_MOST_MEASURED = 48


def open_sandbox(
    path: str | Path,
    settings: Mapping[str, str | int] | None = None,
    *,
    measured: bool = False,
) -> Database:
    """Open `path` to read, without access to files, network, extensions or settings.

    Its own `settings` are DuckDB's before that. `measured`: its cursors tell how far a statement
    is, which takes time to prepare. Raises as `Database.open` does.
    """
    closed = {**(settings or {}), **_CLOSED}
    database = Database.open(path, Mode.READ, settings=closed, files=True)
    try:
        for _ in range(_MOST_MEASURED if measured else 0):
            database.spares.append(_measured(database))
        lock_down(database)
    except BaseException:
        database.close()
        raise
    return database


def _measured(database: Database) -> duckdb.DuckDBPyConnection:
    with translated(database.path):
        connection = database.connection.cursor()
        for setting in _MEASURED:
            connection.execute(setting)
    return connection


def lock_down(database: Database) -> None:
    """Take from an open database what SQL could do beside reading its tables; for good."""
    for lock in _LOCKS:
        database.run(lock)
    database.sandboxed = True
