"""Temporary files and folders: private, of names that nobody can guess, held while in use.

A lock tells those in use from those that a killed process left; the next command removes these.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".pageowner-sql-"

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class TempFolder:
    """A new folder in `parent` that only this user may enter. Close it to remove it."""

    def __init__(self, parent: Path) -> None:
        remove_leftovers(parent)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            try:
                self._lock = os.open(self.path, _READ | os.O_DIRECTORY)
            except FileNotFoundError:
                # Another process or thread took it for a leftover before it could be locked.
                continue
            if _hold(self._lock, self.path):
                return
            os.close(self._lock)

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


@contextmanager
def temp_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new private folder in `parent`, else where the system keeps temporary files."""
    folder = TempFolder(parent or Path(tempfile.gettempdir()))
    try:
        yield folder.path
    finally:
        folder.close()


def temp_file(parent: Path) -> tuple[int, Path]:
    """A new private file in `parent`, open to be written: its descriptor, and its path."""
    remove_leftovers(parent)
    while True:
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=parent)
        if _hold(descriptor, Path(name)):
            return descriptor, Path(name)
        os.close(descriptor)


def remove_leftovers(parent: Path) -> None:
    """Remove this user's temporary files and folders in `parent` that no process holds."""
    with suppress(OSError), os.scandir(parent) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(PREFIX)]:
            with suppress(OSError):
                _remove_unheld(parent / name)


def empty_folder(folder: int, prefix: str = "") -> None:
    """Remove what is in an open folder, and begins with `prefix`; links are not followed."""
    for name in os.listdir(folder):
        if not name.startswith(prefix):
            continue
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            with open_folder(name, folder) as inner:
                empty_folder(inner)
            os.rmdir(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


@contextmanager
def open_folder(path: str | Path, within: int | None = None) -> Iterator[int]:
    """An open folder; OSError where `path` is a link or anything else."""
    descriptor = os.open(path, _READ | os.O_DIRECTORY, dir_fd=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_own(descriptor: int) -> bool:
    """Whether an open file or folder belongs to the user that this process runs as."""
    return os.fstat(descriptor).st_uid == os.geteuid()


def _hold(descriptor: int, path: Path) -> bool:
    """Lock a new file; False where another process took it for a leftover and removed it."""
    with suppress(OSError):  # file systems without locks have nobody who removes leftovers either
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    return False


def _remove_unheld(path: Path) -> None:
    descriptor = os.open(path, _READ)
    try:
        if not is_own(descriptor):
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            empty_folder(descriptor)
            path.rmdir()
        else:
            path.unlink()
    finally:
        os.close(descriptor)
