"""Databases, lakes and inputs of this process, which no output may replace."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pageowner_sql.errors import UsageError

_DATABASES: Counter[Path] = Counter()
_INPUTS: Counter[Path] = Counter()
_LAKES: set[Path] = set()
# Inputs that are open: their device and inode, for they may have no name.
_READ: Counter[tuple[int, int]] = Counter()


def protect_database(path: str | Path) -> None:
    """Let no output replace a database, its log, or its folder of temporary files."""
    _DATABASES[Path(path).absolute()] += 1


def release_database(path: str | Path) -> None:
    """Undo `protect_database`."""
    _DATABASES[Path(path).absolute()] -= 1


def protect_lake(folder: str | Path) -> None:
    """Let no output of this process go into a lake's folder, which holds nothing but its files."""
    _LAKES.add(Path(folder).resolve())


def protect_input(path: str | Path) -> None:
    """Let no output of this process replace a file that it was given to read."""
    _INPUTS[Path(path).absolute()] += 1


def protect_open(descriptor: int) -> tuple[int, int]:
    """Let no output replace an open file until `release_open` is given what this returns."""
    info = os.fstat(descriptor)
    _READ[info.st_dev, info.st_ino] += 1
    return info.st_dev, info.st_ino


def release_open(file: tuple[int, int]) -> None:
    """Undo `protect_open`."""
    _READ[file] -= 1


def check_output(target: str | Path, name: str) -> None:
    """Raise UsageError where `target`, which the user calls `name`, is one of those in use."""
    path = Path(target)
    info = _stat(path)
    if info is not None and not stat.S_ISREG(info.st_mode):
        return  # a terminal may well be both ends
    if any(_is(path, each) for database in +_DATABASES for each in _files(database)):
        raise UsageError(f"{name}: belongs to the database in use; give another file")
    if any(path.resolve().is_relative_to(folder) for folder in _LAKES):
        raise UsageError(f"{name}: is in the lake in use; give another file")
    is_read = info is not None and _READ[info.st_dev, info.st_ino] > 0
    if is_read or any(_is(path, each) for each in +_INPUTS):
        raise UsageError(f"{name}: is an input; give another file to write to")


def _files(database: Path) -> Iterator[Path]:
    """The files of a database: DuckDB may name those beside it after a link to it."""
    for path in (database, database.resolve()):
        yield from (path.with_name(f"{path.name}{ending}") for ending in ("", ".wal", ".tmp"))


def _is(one: Path, other: Path) -> bool:
    """Whether two paths are of one file, or would be once it was there."""
    first, second = _stat(one), _stat(other)
    if first is None and second is None:
        return one.resolve() == other.resolve()
    return first is not None and second is not None and os.path.samestat(first, second)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
