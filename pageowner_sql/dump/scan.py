"""native/cut.c and scan.c, where compiled: a chunk is read in one pass, off Python's lock.

Without them `regions` and `plain` do the same by array operations, several times slower.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump import plain, regions
from pageowner_sql.dump.alike import PIECES, TEXTS, Alike, Texts
from pageowner_sql.dump.dialects import START, Shape
from pageowner_sql.dump.digits import Bytes
from pageowner_sql.dump.plain import Plain
from pageowner_sql.dump.regions import Regions
from pageowner_sql.dump.scanning import (
    Functions,
    Known,
    KnownArrays,
    Number,
    PlainColumns,
    pointers,
    structure_of,
)
from pageowner_sql.native.library import address, library


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


class CompiledScanner:
    """By cut.c and scan.c. Regions are good until the next are cut: their memory is used again."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._functions = Functions(library)
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
        count = self._functions.cut(
            address(storage), length, last, fresh, address(start), address(line), address(single)
        )
        found = Regions(storage, start[: count + 1], line[: count + 1], single[:count])
        return found, int(start[count])

    def read(self, found: Regions, shape: Shape) -> Plain:
        """As `plain.read`."""
        columns = _Columns(len(found))
        known, out = columns.arrays.known(self._key, address), columns.plain()
        self._functions.read(
            address(found.chunk),
            len(found),
            address(found.start),
            address(found.single),
            ctypes.byref(structure_of(shape)),
            ctypes.byref(known),
            ctypes.byref(out),
        )
        return columns.result(shape, known, int(out.records))


def _empty(kind: Number, count: int) -> npt.NDArray[Any]:
    return np.empty(count, kind)


def _zeros(kind: Number, count: int) -> npt.NDArray[Any]:
    return np.zeros(count, kind)


class _Columns:
    """The arrays that scan.c writes to, each large enough for `most` records."""

    def __init__(self, most: int) -> None:
        self.good = np.empty(most, np.bool_)
        self.borders = np.empty(most * PIECES + 1, np.int32)
        self.numbers = [np.empty(most, np.uint64) for _ in range(4)]
        self.before_block = np.empty(most, np.uint8)
        self.group, self.first = np.empty(most, np.int32), np.empty(most, np.int32)
        self.text_first = [np.empty(most, np.int32) for _ in TEXTS]
        self.arrays = KnownArrays(most, _empty, _zeros)

    def plain(self) -> PlainColumns:
        """The addresses of the records' arrays."""
        columns = (self.good, self.borders, *self.numbers, self.before_block)
        firsts = pointers([address(array) for array in self.text_first])
        return PlainColumns(*map(address, (*columns, self.group, self.first)), firsts, 0)

    def result(self, shape: Shape, known: Known, records: int) -> Plain:
        """What was written, as `plain.read` has it."""
        groups = int(known.groups.count)
        alloc_ts, free_ts, pfn, block = (column[:records] for column in self.numbers)
        header, page_state, rest = (
            Texts(first[: int(of_kind.count)], number[:groups])
            for first, number, of_kind in zip(
                self.text_first, self.arrays.number, known.texts, strict=True
            )
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
                self.arrays.times[:groups],
                (header, page_state, rest),
            ),
        )


def scanner() -> Scanner:
    """The fastest there is here; one for each reader."""
    found = library()
    return CompiledScanner(found) if found is not None else ArrayScanner()
