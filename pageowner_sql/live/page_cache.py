"""Files that leave nothing in the page cache, where a capture would be its second largest owner."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

# How much may be dirty before it is written and forgotten.
WINDOW = 8 << 20


class Uncached:
    """Writes to a file, and has the kernel write and forget every few megabytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._since = 0

    def write(self, data: bytes) -> int:
        """Write all of it."""
        size = self._file.write(data)
        self._since += size
        if self._since >= WINDOW:
            self.flush()
        return size

    def flush(self) -> None:
        """Write what is dirty to the disk, and forget it."""
        self._file.flush()
        self._since = 0
        with suppress(OSError):  # a pipe has no pages
            _forget(self._file.fileno())


def forget(path: Path) -> None:
    """Write a file's pages to the disk and drop them from the page cache."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _forget(descriptor)
        finally:
            os.close(descriptor)


def _forget(descriptor: int) -> None:
    os.fdatasync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
