"""Folders that DuckDB spills to where a database is only read, or has no file to lie beside."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

# One process may have several databases open.
_NUMBERS = itertools.count()
_SHARED: dict[Path, Path] = {}
_USERS: Counter[Path] = Counter()


def borrow(file: Path | None) -> Path:
    """A folder of this process; the same for all who have `file` open, as DuckDB wants it."""
    folder = _SHARED.get(file) if file else None
    if folder is None:
        name = f"pageowner-sql-{os.getpid()}-{next(_NUMBERS)}"
        folder = Path(tempfile.gettempdir(), name)
        if file:
            _SHARED[file] = folder
    _USERS[folder] += 1
    return folder


def give_back(folder: Path) -> None:
    """Remove a folder that was borrowed, once its last user is done."""
    _USERS[folder] -= 1
    if _USERS[folder] > 0:
        return
    del _USERS[folder]
    for file in [file for file, shared in _SHARED.items() if shared == folder]:
        del _SHARED[file]
    shutil.rmtree(folder, ignore_errors=True)
