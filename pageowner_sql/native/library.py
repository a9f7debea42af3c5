"""The library of the .c files beside it: loaded if it was made of these very texts."""

from __future__ import annotations

import ctypes
import hashlib
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
    texts = b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.c")))
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


def address(array: Any) -> int:
    """Where the first byte of a NumPy array lies."""
    return int(array.ctypes.data)
