"""The library of the C files beside it: loaded if it was made of these very texts."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
# The build hook makes it.
PATH = _HERE / "_native.so"
# Goes without the library where this is 0.
SWITCH = "PAGEOWNER_NATIVE"


def version() -> int:
    """What a library made of these sources calls itself; hatch_build.py counts the same way."""
    texts = b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.[ch]")))
    return int.from_bytes(hashlib.sha256(texts).digest()[:4], "big") >> 1


def load(path: Path = PATH) -> ctypes.CDLL | None:
    """The library at `path`; None where there is none, or one of other sources."""
    try:
        found = ctypes.CDLL(str(path))
        fits = ctypes.c_int32.in_dll(found, "native_version").value == version()
    except (OSError, ValueError):
        return None
    return found if fits else None


@cache
def library() -> ctypes.CDLL | None:
    """The library in use, loaded once."""
    return None if os.environ.get(SWITCH) == "0" else load()


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


def anonymous(size: int, *, sparse: bool = False) -> mmap.mmap:
    """Memory of zeros, of which only those pages are taken that are written to.

    `sparse`: few of them will be, so none of them shall be a huge one.
    """
    flags = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    made = mmap.mmap(-1, size, flags=flags)
    if sparse and hasattr(mmap, "MADV_NOHUGEPAGE"):
        made.madvise(mmap.MADV_NOHUGEPAGE)
    return made


def address(array: Any) -> int:
    """Where the first byte of a NumPy array lies."""
    return int(array.ctypes.data)
