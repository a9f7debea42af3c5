"""The library that the build made of the C files beside it."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
from functools import cache
from pathlib import Path

from pageowner_sql.errors import InstallationError, MemoryLimitError

_HERE = Path(__file__).parent
# The build hook makes it.
PATH = _HERE / "_native.so"


def version() -> int:
    """What a library made of these sources calls itself; hatch_build.py counts the same way."""
    texts = b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.[ch]")))
    return int.from_bytes(hashlib.sha256(texts).digest()[:4], "big") >> 1


def load(path: Path = PATH) -> ctypes.CDLL:
    """The library at `path`. Raises InstallationError unless these sources made it."""
    try:
        found = ctypes.CDLL(str(path))
        if ctypes.c_int32.in_dll(found, "native_version").value == version():
            return found
    except (OSError, ValueError):
        pass
    raise InstallationError(
        f"{path}: the compiled part is missing or of another version; install the package again"
    )


@cache
def library() -> ctypes.CDLL:
    """The library in use, loaded once."""
    return load()


# glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, and the most that it takes for the second.
_TRIM, _MMAP = -1, -3
_MOST = 32 << 20


def keep_memory() -> None:
    """Have this process keep what it frees for what it asks for next, where the C library can.

    A chunk's arrays come and go, and giving them back to the kernel takes a third of a report's
    system time. For a process of our own: the peak stays the same, what is idle does not shrink.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_TRIM, 1 << 30)
    mallopt(_MMAP, _MOST)


def anonymous(size: int) -> mmap.mmap:
    """Memory of zeros, of which only those pages are taken that are written to."""
    flags = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    return mmap.mmap(-1, size, flags=flags)


def granted(result: int | None) -> int:
    """A handle or a count. Raises MemoryLimitError where the library had too little memory."""
    if not result or result < 0:
        raise MemoryLimitError("too little memory")
    return result


def address_of(memory: memoryview) -> int:
    """The address of the first byte."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
