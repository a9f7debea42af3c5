"""What native/scan.h and its callers share: its structures and functions, as ctypes has them.

Nothing here needs NumPy, so that a report can begin to read its dump before that is imported.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Generic, Literal, TypeVar

from pageowner_sql.dump.dialects import BEFORE_BLOCK, Shape

A = TypeVar("A")
# Unsigned and signed numbers of 1, 4 and 8 bytes.
Number = Literal["B", "i", "I", "q", "Q"]

_POINTER = ctypes.c_void_p
# Kinds of texts: header, page state, rest.
KINDS = 3


class Texts(ctypes.Structure):
    """The distinct texts of one kind: `slots` uint32, `hashes` uint64, `at` int64, `size` int32."""

    _fields_ = (
        *((name, _POINTER) for name in ("slots", "hashes", "at", "size")),
        *((name, ctypes.c_int64) for name in ("count", "last")),
    )


class Groups(ctypes.Structure):
    """Groups: `slots` uint32, `number` int32 of each kind, `before_block` uint8, `times` int64."""

    _fields_ = (
        ("slots", _POINTER),
        ("number", _POINTER * KINDS),
        ("before_block", _POINTER),
        ("times", _POINTER),
        *((name, ctypes.c_int64) for name in ("count", "last")),
    )


class Known(ctypes.Structure):
    """Texts and groups met so far; tables of `mask` + 1 slots."""

    _fields_ = (
        ("texts", Texts * KINDS),
        ("groups", Groups),
        ("mask", ctypes.c_uint64),
        ("key", ctypes.c_uint64 * 4),
    )


class PlainColumns(ctypes.Structure):
    """The plain records of a chunk, as columns."""

    _fields_ = (
        *((name, _POINTER) for name in ("good", "borders", "alloc_ts", "free_ts", "pfn", "block")),
        *((name, _POINTER) for name in ("before_block", "group", "first")),
        ("text_first", _POINTER * KINDS),
        ("records", ctypes.c_int64),
    )


class Count(ctypes.Structure):
    """What is counted of many chunks."""

    _fields_ = (
        ("store", _POINTER),
        *((name, ctypes.c_int64) for name in ("used", "room", "most")),
        *((name, _POINTER) for name in ("first", "alloc_ts", "free_ts", "odd")),
        ("odds", ctypes.c_int64),
        ("unlike", _POINTER * KINDS),
    )


class File(ctypes.Structure):
    """A file that is read and counted, a chunk at a time."""

    _fields_ = (
        ("descriptor", ctypes.c_int32),
        ("error", ctypes.c_int32),
        ("buffer", _POINTER),
        *((name, ctypes.c_int64) for name in ("size", "chunk", "held", "offset")),
        *((name, _POINTER) for name in ("start", "line", "single")),
        *((name, ctypes.c_int64) for name in ("regions", "done")),
        ("odd", _POINTER),
        *((name, ctypes.c_int64) for name in ("odd_room", "odd_used", "odds")),
        *((name, _POINTER) for name in ("odd_at", "odd_end")),
        ("limit", ctypes.c_int64),
    )


class Outcome(IntEnum):
    """Why scan_file came back; see there."""

    MORE = 0
    FULL = 1
    END = 2
    LONG = 3
    FAILED = 4
    STRANGE = 5


class _Shape(ctypes.Structure):
    _fields_ = (
        ("comm", ctypes.c_int32),
        ("ts", ctypes.c_int32),
        ("free_ts", ctypes.c_int32),
        ("hex_pfn", ctypes.c_int32),
        ("choices", ctypes.c_int32),
        ("before_block", ctypes.c_char_p),
        ("sizes", ctypes.c_int32 * len(BEFORE_BLOCK)),
    )


def structure_of(shape: Shape) -> _Shape:
    """A shape as scan.h has it."""
    sizes = (ctypes.c_int32 * len(BEFORE_BLOCK))(*map(len, BEFORE_BLOCK))
    flags = (shape.comm, shape.ts, shape.free_ts, shape.hex_pfn)
    return _Shape(*flags, len(BEFORE_BLOCK), b"".join(BEFORE_BLOCK), sizes)


def pointers(addresses: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    """An array of them."""
    return (_POINTER * len(addresses))(*addresses)


class KnownArrays(Generic[A]):
    """The arrays of a Known, each large enough for `most` texts of a kind or groups.

    `new` makes one of so many numbers of a kind, as module `array` names it; `zeros`: all zero.
    """

    def __init__(
        self, most: int, new: Callable[[Number, int], A], zeros: Callable[[Number, int], A]
    ) -> None:
        self._mask = (1 << (2 * most + 1).bit_length()) - 1
        self._slots = [zeros("I", self._mask + 1) for _ in range(KINDS + 1)]
        self._hashes = [new("Q", most) for _ in range(KINDS)]
        self.at = [new("q", most) for _ in range(KINDS)]
        self.size = [new("i", most) for _ in range(KINDS)]
        self.number = [new("i", most) for _ in range(KINDS)]
        self.before_block = new("B", most)
        self.times = new("q", most)

    def known(self, key: Sequence[int], address: Callable[[A], int]) -> Known:
        """Nothing known yet, in these arrays."""
        *slots, group_slots = map(address, self._slots)
        columns = (map(address, arrays) for arrays in (self._hashes, self.at, self.size))
        texts = (Texts(*of_kind, 0) for of_kind in zip(slots, *columns, strict=True))
        numbers = pointers([address(array) for array in self.number])
        groups = Groups(group_slots, numbers, address(self.before_block), address(self.times), 0)
        return Known((Texts * KINDS)(*texts), groups, self._mask, (ctypes.c_uint64 * 4)(*key))


class Functions:
    """The functions of a library, with their types."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.cut = library.scan_cut
        self.cut.restype = ctypes.c_int64
        self.cut.argtypes = (_POINTER, ctypes.c_int64, ctypes.c_int32, ctypes.c_int32) + (
            _POINTER,
        ) * 3
        self.read = library.scan_read
        self.read.restype = None
        self.read.argtypes = (_POINTER, ctypes.c_int64) + (_POINTER,) * 5
        self.count = library.scan_count
        self.count.restype = ctypes.c_int64
        self.count.argtypes = (_POINTER,) + (ctypes.c_int64,) * 3 + (_POINTER,) * 5
        self.file = library.scan_file
        self.file.restype = ctypes.c_int32
        self.file.argtypes = (_POINTER,) * 4
