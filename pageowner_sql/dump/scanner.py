"""The structures and functions of native/scan.h, as ctypes has them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from pageowner_sql.dump.fields import READERS, ReadText
from pageowner_sql.dump.formats import BEFORE_BLOCK, Shape
from pageowner_sql.native.library import address_of, memory

_POINTER = ctypes.c_void_p
# How many kinds of texts there are, as scan.h has it: header, page state, rest.
TEXTS = len(READERS)


# How many texts of a kind and groups are held before they are handed on; no real dump has as many.
MOST = 1 << 17
# How many bytes of texts are held before they are handed on; more than a chunk.
STORE = 32 << 20


# What parses a text of each kind; None for one that no record has.
Readers = Sequence[Callable[[bytes], Any]]


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
        ("number", _POINTER * TEXTS),
        ("before_block", _POINTER),
        ("times", _POINTER),
        *((name, ctypes.c_int64) for name in ("count", "last")),
    )


class Known(ctypes.Structure):
    """Texts and groups met so far; tables of `mask` + 1 slots."""

    _fields_ = (
        ("texts", Texts * TEXTS),
        ("groups", Groups),
        ("mask", ctypes.c_uint64),
        ("key", ctypes.c_uint64 * 4),
    )


class Rows(ctypes.Structure):
    """The plain records of a chunk, as columns."""

    _fields_ = (
        *((name, _POINTER) for name in ("region", "alloc_ts", "free_ts", "pfn", "block")),
        ("before_block", _POINTER),
        ("text", _POINTER * TEXTS),
        ("count", ctypes.c_int64),
    )


class Count(ctypes.Structure):
    """What is known of many chunks."""

    _fields_ = (
        ("store", _POINTER),
        *((name, ctypes.c_int64) for name in ("used", "room", "most")),
        *((name, _POINTER) for name in ("first", "alloc_ts", "free_ts", "irregular")),
        ("irregulars", ctypes.c_int64),
        ("refused", _POINTER * TEXTS),
        ("compared", ctypes.c_int32),
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
        ("irregular", _POINTER),
        *((name, ctypes.c_int64) for name in ("irregular_room", "irregular_used", "irregulars")),
        *((name, _POINTER) for name in ("irregular_at", "irregular_end")),
        *((name, ctypes.c_int64) for name in ("limit", "position", "end")),
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


class KnownArrays:
    """The arrays of a Known, each large enough for `most` texts of a kind or groups."""

    def __init__(self, most: int) -> None:
        self._mask = (1 << (2 * most + 1).bit_length()) - 1
        self._slots = [memory("I", self._mask + 1) for _ in range(TEXTS + 1)]
        self._hashes = [memory("Q", most) for _ in range(TEXTS)]
        self.at = [memory("q", most) for _ in range(TEXTS)]
        self.size = [memory("i", most) for _ in range(TEXTS)]
        self.number = [memory("i", most) for _ in range(TEXTS)]
        self.before_block = memory("B", most)
        self.times = memory("q", most)

    def known(self, key: Sequence[int]) -> Known:
        """Nothing known yet, in these arrays."""
        *slots, group_slots = map(address_of, self._slots)
        columns = (map(address_of, arrays) for arrays in (self._hashes, self.at, self.size))
        texts = (Texts(*of_kind, 0) for of_kind in zip(slots, *columns, strict=True))
        numbers = pointers([address_of(array) for array in self.number])
        block, times = address_of(self.before_block), address_of(self.times)
        groups = Groups(group_slots, numbers, block, times, 0)
        return Known((Texts * TEXTS)(*texts), groups, self._mask, (ctypes.c_uint64 * 4)(*key))


class ScanTable:
    """The texts and groups of plain records so far, in memory that count.c writes to.

    `readers` parse each text once. `compared`: records that page_owner_sort would read otherwise
    are not plain. `bad`: the numbers of texts that cannot be read, a set a kind.
    """

    def __init__(
        self, key: Sequence[int], most: int, readers: Readers, *, compared: bool = False
    ) -> None:
        self._readers = readers
        self.arrays = KnownArrays(most)
        self.known = self.arrays.known(key)
        self.first, self.alloc_ts, self.free_ts = (memory("q", most) for _ in range(3))
        self.store = memory("B", STORE)
        firsts = map(address_of, (self.first, self.alloc_ts, self.free_ts))
        self.out = Count(address_of(self.store), 0, STORE, most, *firsts, None, 0)
        self.out.compared = compared
        self._refused = [memory("B", most) for _ in range(TEXTS)]
        for kind, marks in enumerate(self._refused):
            self.out.refused[kind] = address_of(marks)
        self._read = [0] * TEXTS
        self.bad: list[set[int]] = [set() for _ in range(TEXTS)]

    def __len__(self) -> int:
        return int(self.known.groups.count)

    @property
    def is_empty(self) -> bool:
        """Whether it has all its room; texts that were met may be in no group."""
        return not any(of_kind.count for of_kind in self.known.texts)

    def new_texts(self) -> list[list[ReadText]]:
        """The texts that were met since the last time, read."""
        return [self._new_texts(kind) for kind in range(TEXTS)]

    def _new_texts(self, kind: int) -> list[ReadText]:
        at, size, reader = self.arrays.at[kind], self.arrays.size[kind], self._readers[kind]
        found = []
        for number in range(self._read[kind], self.known.texts[kind].count):
            text = bytes(self.store[at[number] : at[number] + size[number]])
            fields = reader(text)
            if fields is None:
                self.bad[kind].add(number)
            found.append((text, fields))
        self._read[kind] += len(found)
        return found

    def refuse_unreadable(self, texts: Sequence[Sequence[ReadText]]) -> bool:
        """Let no record be plain that has one of the newest `texts` which cannot be read.

        Returns whether there are such.
        """
        found = False
        for kind, of_kind in enumerate(texts):
            first = self._read[kind] - len(of_kind)
            for number, (_, fields) in enumerate(of_kind, first):
                if fields is None:
                    self._refused[kind][number] = found = True
        return found


class Functions:
    """The functions of a library, with their types."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.cut = library.scan_cut
        self.cut.restype = ctypes.c_int64
        self.cut.argtypes = (_POINTER, ctypes.c_int64, ctypes.c_int32, ctypes.c_int32) + (
            _POINTER,
        ) * 3
        self.feed = library.scan_feed
        self.feed.restype = ctypes.c_int64
        self.feed.argtypes = (_POINTER,) + (ctypes.c_int64,) * 3 + (_POINTER,) * 6
        self.drop = library.scan_drop
        self.drop.restype = None
        self.drop.argtypes = (_POINTER,) * 2
        self.order = library.scan_order
        self.order.restype = None
        self.order.argtypes = (_POINTER, _POINTER, ctypes.c_int64, ctypes.c_int64, _POINTER)
        self.ids = library.scan_ids
        self.ids.restype = None
        self.ids.argtypes = (_POINTER,) * 4
        self.file = library.scan_file
        self.file.restype = ctypes.c_int32
        self.file.argtypes = (_POINTER,) * 4
