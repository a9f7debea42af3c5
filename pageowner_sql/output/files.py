"""Output files that are written completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.open_files import check_output
from pageowner_sql.temp_files import temp_file


def _is_special(path: Path) -> bool:
    """Whether `path` is a device, a FIFO or similar, which is written in place."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _mode(path: Path) -> int:
    """The permissions of `path`, or those of a new file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _check(name: str) -> None:
    """Raise UsageError where `name` is a file that this process uses."""
    if name != "-":
        check_output(name, name)
        return
    with contextlib.suppress(OSError, ValueError):
        check_output(f"/dev/fd/{sys.stdout.fileno()}", "standard output")


@contextlib.contextmanager
def open_output(name: str) -> Iterator[BinaryIO]:
    """A binary file to write to (`-` is stdout); `name` is complete afterwards, or as before.

    Raises PageOwnerError if it cannot be written; no partial file remains.
    """
    if not name:
        raise PageOwnerError("the output file has an empty name")
    path = Path(name)
    _check(name)
    try:
        if name == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif _is_special(path):
            with path.open("wb") as file:
                yield file
        else:
            with _replacing(path) as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise PageOwnerError(f"{name}: cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    target = path.resolve()
    # Renaming would overwrite a write-protected file.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    descriptor, temporary = temp_file(target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _mode(target))
            # If the rename reached the disk before the content, a crash could leave an empty file.
            os.fsync(file.fileno())
            temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
