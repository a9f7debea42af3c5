"""A database copied without the holes that removed dumps left; the copy takes its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.errors import DatabaseError
from pageowner_sql.store.database import MEMORY, Database, Mode, statement
from pageowner_sql.store.interrupts import connect
from pageowner_sql.store.limits import memory_settings
from pageowner_sql.store.translate import translated
from pageowner_sql.temp_files import temp_folder

if TYPE_CHECKING:
    import duckdb


def compact(path: str, settings: Mapping[str, str | int]) -> tuple[int, int]:
    """Put a copy of the database at `path` in its place; its size in bytes before and after.

    `settings` are DuckDB's, its limits.
    Tables of an older version are brought up first. Raises DatabaseError where another process
    has the file, or the disk does not hold both; the database is then as it was.
    """
    if path == MEMORY:
        raise DatabaseError(f"{path}: takes no space on a disk")
    real = Path(path).resolve()
    # Reading refuses a file that is not there, where writing would make it.
    Database.open(path, Mode.WRITE if real.exists() else Mode.READ).close()
    before = real.stat().st_size
    limits = {**memory_settings(None, loads=True), **settings}
    with (
        temp_folder(real.parent) as folder,
        translated(path),
        connect(MEMORY, {**limits, "temp_directory": str(folder)}) as connection,
    ):
        connection.execute("ATTACH $file AS old", {"file": str(real)}).fetchall()
        # A log that the file could not take in would stay beside the copy, which it does not fit.
        connection.execute("CHECKPOINT old").fetchall()
        copy = folder / real.name
        _copy(connection, copy)
        _put_in_place(copy, real)
    return before, real.stat().st_size


def _copy(connection: duckdb.DuckDBPyConnection, copy: Path) -> None:
    connection.execute(statement("dumps/attach_copy"), {"file": str(copy)}).fetchall()
    connection.execute("COPY FROM DATABASE old TO fresh").fetchall()
    connection.execute("DETACH fresh").fetchall()


def _put_in_place(copy: Path, real: Path) -> None:
    """Rename `copy` to `real`: whoever opens that finds the one or the other, whole."""
    shutil.copystat(real, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    copy.replace(real)
