"""DuckDB's errors as ours: one line that says what is wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pageowner_sql.errors import DatabaseError, MemoryLimitError

# What DuckDB's message holds, and what we say instead, behind the file's name.
_SAID = (
    (r"not a valid DuckDB database", "is not a DuckDB database; give another file with --db"),
    (r"database does not exist|Cannot open database", "no such database; make it with: {load}"),
    (
        r"different configuration than existing",
        "is already open in this process; close that session, or connection to DuckDB, first",
    ),
    (r"Permission denied", "permission denied"),
    (r"Is a directory", "is a directory; give a file with --db"),
    (r"Could not read enough bytes", "is damaged: a part of it is missing"),
    (r"No such file or directory", "its folder does not exist"),
    (r"Read-only file system", "is on a file system that is mounted read-only"),
    (r"newer version|version number", "was written by a newer DuckDB; update this installation"),
    (r"No space left|Could not write", "no space left on the device; nothing was changed"),
)
_NO_MEMORY = re.compile(r"Out of Memory|failed to pin block|bad_alloc")
# What does not fit into memory goes to disk, which has no room either.
_NO_ROOM = re.compile(r"failed to offload|max_temp_directory_size")
_LOCKED = re.compile(r"(?:Conflicting|Could not set) lock(?:.*\(PID (\d+)\))?", re.DOTALL)


def describe(path: str, error: Exception) -> str:
    """What is wrong with the database at `path`, in one line."""
    if locked := _LOCKED.search(str(error)):
        who = f" by process {locked[1]}" if locked[1] else ""
        return f"{path}: is held{who}; wait until that ends, or give another file with --db"
    load = f"pageowner-sql --db {path} load DUMP"
    said = (words.format(load=load) for sign, words in _SAID if re.search(sign, str(error)))
    return f"{path}: {next(said, str(error).split(chr(10))[0])}"


@contextmanager
def translated(path: str) -> Iterator[None]:
    """DuckDB's errors become DatabaseError, one line each."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        if _NO_ROOM.search(str(error)):
            raise DatabaseError(
                f"{path}: no space left for temporary files; nothing was changed"
            ) from error
        if _NO_MEMORY.search(str(error)):
            raise MemoryLimitError(f"{path}: too little memory") from error
        raise DatabaseError(describe(path, error)) from error
