"""The live page_owner file: opened, asked for what its kernel can, and read from any PFN."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import NamedTuple

from pageowner_sql.dump.exact_parser import Record, read_region
from pageowner_sql.dump.formats import START
from pageowner_sql.errors import InputError
from pageowner_sql.native.library import library

# A record is as long as the kernel's page at most, and a shorter buffer is refused.
LONGEST = 1 << 16
# Bytes of records that are read together.
BLOCK = 1 << 20
# How often a page that was freed meanwhile may spoil the look at offsets.
_TRIES = 8


class End(IntEnum):
    """How a reading ended; native/live_file.c has the same words."""

    FULL = 0
    BEYOND = 1
    END = 2
    UNCLEAR = 3
    FAILED = 4


class _Reading(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("base", "next", "end", "records")),
        ("size", ctypes.c_int64),
        ("error", ctypes.c_int32),
    )


ReadAt = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int64
)


class Calls(NamedTuple):
    """The system calls that the file needs; tests give others. `read_at`: None for pread()."""

    open: Callable[[str, int], int] = os.open
    close: Callable[[int], None] = os.close
    write: Callable[[int, bytes], int] = os.write
    pread: Callable[[int, int, int], bytes] = os.pread
    read_at: Callable[..., int] | None = None


SYSTEM = Calls()


class Block(NamedTuple):
    """Whole records, one after the other, and how many."""

    text: bytes
    records: int


class LiveFile:
    """An open page_owner file. Close it.

    Args:
        settings: words to write before reading, such as `mode=handle`; 7.x kernels take them.
        base: the PFN of offset 0, where offsets are relative (before 6.3); 0 where absolute.

    Raises OSError where it cannot be opened, or refuses the settings.
    """

    def __init__(
        self, path: str, settings: tuple[str, ...] = (), base: int = 0, calls: Calls = SYSTEM
    ) -> None:
        self.path = path
        self._calls = calls
        self._descriptor = calls.open(path, os.O_RDWR if settings else os.O_RDONLY)
        try:
            for each in settings:
                calls.write(self._descriptor, each.encode())
        except BaseException:
            self.close()
            raise
        self._reading = _Reading(base=base)
        self._read = library().live_read
        self._read.restype = ctypes.c_int64
        self._room = ctypes.create_string_buffer(BLOCK + LONGEST)
        self._read_at = ReadAt(calls.read_at) if calls.read_at else None

    def close(self) -> None:
        """Close the file."""
        self._calls.close(self._descriptor)

    def go_to(self, start: int, end: int) -> None:
        """Read records from PFN `start` up to `end` next."""
        self._reading.next, self._reading.end = start, end

    @property
    def next(self) -> int:
        """The first PFN that is not read yet; after BEYOND, that of the next record."""
        return int(self._reading.next)

    def read(self) -> tuple[Block, End]:
        """Some records, and whether there are more: FULL, BEYOND the end, or at the END of all.

        Raises InputError where the file cannot be read.
        """
        before, used, how = self._reading.records, 0, ctypes.c_int32()
        while True:
            used = self._read(
                *(self._descriptor, self._read_at, ctypes.byref(self._reading), self._room),
                *(ctypes.c_int64(used), ctypes.c_int64(len(self._room))),
                *(ctypes.c_int64(LONGEST), ctypes.byref(how)),
            )
            if how.value != End.UNCLEAR:
                break
            if not self._take_unclear(used):
                how.value = End.BEYOND
                break
            used += self._reading.size
        if how.value == End.FAILED:
            raise self._failed()
        text = ctypes.string_at(self._room, used)
        return Block(text, self._reading.records - before), End(how.value)

    def _take_unclear(self, used: int) -> bool:
        """Read exactly a record whose name may have written a PFN; whether it is to be kept."""
        text = ctypes.string_at(ctypes.addressof(self._room) + used, self._reading.size)
        pfn = _pfn(text)
        if pfn is None or pfn < self._reading.next:
            raise InputError(f"{self.path}: a record has no PFN after {self._reading.next:#x}")
        self._reading.next = pfn
        if pfn >= self._reading.end:
            return False
        self._reading.next = pfn + 1
        self._reading.records += 1
        return True

    def _failed(self) -> InputError:
        code = self._reading.error
        if code == errno.ESPIPE:
            return InputError(
                f"{self.path}: its offsets are not PFNs; copy it with cat, and load that"
            )
        return InputError(f"{self.path}: cannot be read: {os.strerror(code)}")

    def find_base(self) -> int:
        """Learn which PFN offset 0 is; 0 where offsets are PFNs themselves.

        Of no kernel version: from which offset on the first record is not given any more.
        Raises InputError where the file cannot be read, or its offsets are not PFNs.
        """
        for _ in range(_TRIES):
            first = self._pfn_at(0)
            if first is None:
                return 0
            past = self._first_past(first)
            # Pages come and go meanwhile.
            if self._pfn_at(past - 1) == first and self._pfn_at(past) != first:
                self._reading.base = first + 1 - past
                return int(self._reading.base)
        raise InputError(f"{self.path}: its offsets are not PFNs; copy it with cat, and load that")

    def _first_past(self, first: int) -> int:
        """The first offset at which the record of PFN `first` is not given."""
        low, high = 1, first + 1
        while low < high:
            middle = (low + high) // 2
            if self._pfn_at(middle) == first:
                low = middle + 1
            else:
                high = middle
        return low

    def _pfn_at(self, offset: int) -> int | None:
        try:
            text = self._calls.pread(self._descriptor, LONGEST, offset)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}") from error
        if text.count(START) > 1:
            raise InputError(
                f"{self.path}: is not the live file, which gives one record a read; load it instead"
            )
        return _pfn(text)


def _pfn(text: bytes) -> int | None:
    """The PFN of one record's text, whatever a name in it says."""
    record = first_record(text)
    return record.pfn if record else None


def first_record(text: bytes) -> Record | None:
    """The record at the start of a text, whatever a name in it says; None where there is none."""
    with suppress(IndexError):
        item = read_region(text)[0]
        if isinstance(item, Record):
            return item
    return None
