"""native/scan.c, where it was compiled: a chunk is read in one pass, off Python's lock.

Without it `regions` and `plain` do the same by array operations, several times slower.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from pageowner_sql.dump import plain, regions
from pageowner_sql.dump.alike import PIECES, TEXTS, Alike, Texts
from pageowner_sql.dump.dialects import BEFORE_BLOCK, START, Shape
from pageowner_sql.dump.digits import Bytes
from pageowner_sql.dump.plain import Plain
from pageowner_sql.dump.regions import Regions
from pageowner_sql.native.library import address, library

_POINTER = ctypes.c_void_p
_KINDS = len(TEXTS)


class Scanner(Protocol):
    """What reads a chunk: `regions.cut`, then `plain.read`."""

    def cut(
        self, storage: Bytes, length: int, *, last: bool, fresh: bool = True
    ) -> tuple[Regions, int]:
        """As `regions.cut`."""

    def read(self, found: Regions, shape: Shape) -> Plain:
        """As `plain.read`."""


class ArrayScanner:
    """By NumPy, everywhere."""

    def cut(
        self, storage: Bytes, length: int, *, last: bool, fresh: bool = True
    ) -> tuple[Regions, int]:
        """As `regions.cut`."""
        return regions.cut(storage, length, last=last, fresh=fresh)

    def read(self, found: Regions, shape: Shape) -> Plain:
        """As `plain.read`."""
        return plain.read(found, shape)


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


class _Plain(ctypes.Structure):
    _fields_ = (
        *((name, _POINTER) for name in ("good", "borders", "alloc_ts", "free_ts", "pfn", "block")),
        *((name, _POINTER) for name in ("before_block", "group", "first", "times")),
        ("number", _POINTER * _KINDS),
        ("text_first", _POINTER * _KINDS),
        ("hashes", _POINTER * _KINDS),
        ("slots", _POINTER * (_KINDS + 1)),
        ("slot_count", ctypes.c_int64),
        ("key", ctypes.c_uint64 * 4),
        ("records", ctypes.c_int64),
        ("groups", ctypes.c_int64),
        ("texts", ctypes.c_int64 * _KINDS),
    )


class CompiledScanner:
    """By scan.c. Regions are good until the next are cut: their memory is used again."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._cut = library.scan_cut
        self._cut.restype = ctypes.c_int64
        self._cut.argtypes = (_POINTER, ctypes.c_int64, ctypes.c_int32, ctypes.c_int32) + (
            _POINTER,
        ) * 3
        self._read = library.scan_read
        self._read.restype = None
        self._read.argtypes = (_POINTER, ctypes.c_int64) + (_POINTER,) * 4
        # Nobody can make up texts that collide without it.
        self._key = np.frombuffer(os.urandom(32), np.uint64).tolist()
        self._borders = np.empty((2, 0), np.int64)
        self._single = np.empty(0, np.bool_)

    def cut(
        self, storage: Bytes, length: int, *, last: bool, fresh: bool = True
    ) -> tuple[Regions, int]:
        """As `regions.cut`, without the ends of lines."""
        # More than there ever are; pages of memory that nobody writes to are none.
        most = length // len(START) + 2
        if most > len(self._single):
            self._borders = np.empty((2, most), np.int64)
            self._single = np.empty(most, np.bool_)
        (start, line), single = self._borders, self._single
        count = self._cut(
            address(storage), length, last, fresh, address(start), address(line), address(single)
        )
        found = Regions(storage, start[: count + 1], line[: count + 1], single[:count])
        return found, int(start[count])

    def read(self, found: Regions, shape: Shape) -> Plain:
        """As `plain.read`."""
        columns = _Columns(len(found))
        out = columns.structure(self._key)
        self._read(
            address(found.chunk),
            len(found),
            address(found.start),
            address(found.single),
            ctypes.byref(_shape(shape)),
            ctypes.byref(out),
        )
        return columns.plain(shape, out)


class _Columns:
    """The arrays that scan.c writes to, each large enough for `most` records."""

    def __init__(self, most: int) -> None:
        self.good = np.empty(most, np.bool_)
        self.borders = np.empty(most * PIECES + 1, np.int32)
        self.numbers = [np.empty(most, np.uint64) for _ in range(4)]
        self.before_block = np.empty(most, np.uint8)
        self.group, self.first = np.empty(most, np.int32), np.empty(most, np.int32)
        self.times = np.empty(most, np.int64)
        self.number = [np.empty(most, np.int32) for _ in TEXTS]
        self.text_first = [np.empty(most, np.int32) for _ in TEXTS]
        self.hashes = [np.empty(most, np.uint64) for _ in TEXTS]
        self.slot_count = 1 << (2 * most + 1).bit_length()
        self.slots = np.zeros((_KINDS + 1, self.slot_count), np.uint32)

    def structure(self, key: Sequence[int]) -> _Plain:
        """The addresses of all."""
        columns = (self.good, self.borders, *self.numbers, self.before_block)
        return _Plain(
            *map(address, (*columns, self.group, self.first, self.times)),
            _ats(self.number),
            _ats(self.text_first),
            _ats(self.hashes),
            _ats(list(self.slots)),
            self.slot_count,
            (ctypes.c_uint64 * 4)(*key),
        )

    def plain(self, shape: Shape, out: _Plain) -> Plain:
        """What was written, as `plain.read` has it."""
        records, groups = int(out.records), int(out.groups)
        alloc_ts, free_ts, pfn, block = (column[:records] for column in self.numbers)
        header, page_state, rest = (
            Texts(first[:count], number[:groups])
            for first, number, count in zip(self.text_first, self.number, out.texts, strict=True)
        )
        return Plain(
            shape=shape,
            good=self.good,
            borders=self.borders[: records * PIECES].reshape(records, PIECES),
            alloc_ts=alloc_ts if shape.ts else None,
            free_ts=free_ts if shape.free_ts else None,
            pfn=pfn,
            block=block,
            before_block=self.before_block[:records],
            alike=Alike(
                self.group[:records],
                self.first[:groups],
                self.times[:groups],
                (header, page_state, rest),
            ),
        )


def _ats(arrays: Sequence[Any]) -> ctypes.Array[Any]:
    return (_POINTER * len(arrays))(*map(address, arrays))


def _shape(shape: Shape) -> _Shape:
    sizes = (ctypes.c_int32 * len(BEFORE_BLOCK))(*map(len, BEFORE_BLOCK))
    flags = (shape.comm, shape.ts, shape.free_ts, shape.hex_pfn)
    return _Shape(*flags, len(BEFORE_BLOCK), b"".join(BEFORE_BLOCK), sizes)


def scanner() -> Scanner:
    """The fastest there is here; one for each reader."""
    found = library()
    return CompiledScanner(found) if found is not None else ArrayScanner()
