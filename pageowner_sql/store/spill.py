"""Folders that DuckDB spills to: beside a database that is written, else among temporary files."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from pageowner_sql.temp_files import TempFolder, empty_folder, is_own, open_folder

_SHARED: dict[Path, TempFolder] = {}
_USERS: Counter[TempFolder] = Counter()


def acquire(file: Path | None, *, beside: bool) -> TempFolder | None:
    """A folder to spill to for a user of `file`; all in this process share it, as DuckDB wants.

    None where there is no place for one.
    """
    folder = _SHARED.get(file) if file else None
    if folder is None:
        places = [file.parent] if file and beside else []
        folder = _new([*places, Path(tempfile.gettempdir())])
        if folder and file:
            _SHARED[file] = folder
    if folder:
        _USERS[folder] += 1
    return folder


def _new(places: list[Path]) -> TempFolder | None:
    for place in places:
        with suppress(OSError):
            return TempFolder(place)
    return None


def release(folder: TempFolder) -> None:
    """Remove a folder that was acquired, once its last user is done."""
    _USERS[folder] -= 1
    if _USERS[folder] > 0:
        return
    del _USERS[folder]
    for file in [file for file, shared in _SHARED.items() if shared is folder]:
        del _SHARED[file]
    folder.close()


def remove_foreign(file: Path) -> None:
    """Remove what another DuckDB client spilled beside `file` and left, being killed.

    Only while nobody else can have `file` open.
    """
    folder = file.with_name(f"{file.name}.tmp")
    with suppress(OSError):
        with open_folder(folder) as opened:
            if not is_own(opened):
                return
            empty_folder(opened, "duckdb_temp_")
        folder.rmdir()
