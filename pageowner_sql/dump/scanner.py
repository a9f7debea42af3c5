"""The handles of native/scanner.c, rows.c and file.c, which own the memory of a scan."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Any

from pageowner_sql.dump.fields import READERS, ReadText
from pageowner_sql.dump.formats import BEFORE_BLOCK, Shape
from pageowner_sql.native.library import address_of, granted, library

_POINTER = ctypes.c_void_p
_INT32, _INT64 = ctypes.c_int32, ctypes.c_int64
# How many kinds of texts there are, as scan.h has it: header, page state, rest.
TEXTS = len(READERS)

# How many bytes of texts are held before they are handed on; no real dump has as many.
BUDGET = 16 << 20

# What parses a text of each kind; None for one that no record has.
Readers = Sequence[Callable[[bytes], Any]]
Texts = list[list[ReadText]]

_FUNCTIONS: dict[str, tuple[Any, Sequence[Any]]] = {
    "scan_new": (_POINTER, (ctypes.c_char_p, _INT64, _INT32)),
    "scan_free": (None, (_POINTER,)),
    "scan_reset": (_INT32, (_POINTER,)),
    "scan_cut": (_INT64, (_POINTER, _POINTER, _INT64, _INT32, _INT32)),
    "scan_feed": (_INT64, (_POINTER, _POINTER, _INT64, _INT64, _INT64, _POINTER, _INT32)),
    "scan_refuse": (None, (_POINTER, _INT32, _INT64)),
    "scan_rows": (_POINTER, (_POINTER,)),
    "scan_column": (_POINTER, (_POINTER, _INT32)),
    "scan_count": (_INT64, (_POINTER, _INT32)),
    "scan_file": (_INT32, (_POINTER, _POINTER, _POINTER)),
    "rows_count": (_INT64, (_POINTER,)),
    "rows_order": (None, (_POINTER, _POINTER, _INT64, _INT64, _POINTER)),
    "rows_give": (_INT32, (_POINTER,) * 5),
    "rows_free": (None, (_POINTER,)),
    "file_new": (_POINTER, (_INT64,) * 4),
    "file_free": (None, (_POINTER,)),
}


@cache
def _functions() -> ctypes.CDLL:
    found = library()
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


def view(kind: Any, address: int, count: int) -> memoryview:
    """`count` numbers of a type of ctypes, where the library has them."""
    if not count:
        return memoryview(b"").cast(kind._type_)
    return memoryview((kind * count).from_address(address)).cast("B").cast(kind._type_)


class _Shape(ctypes.Structure):
    _fields_ = (
        ("comm", _INT32),
        ("ts", _INT32),
        ("free_ts", _INT32),
        ("hex_pfn", _INT32),
        ("choices", _INT32),
        ("before_block", ctypes.c_char_p),
        ("sizes", _INT32 * len(BEFORE_BLOCK)),
    )


def _shape(shape: Shape) -> Any:
    """A shape as scan.h has it."""
    sizes = (_INT32 * len(BEFORE_BLOCK))(*map(len, BEFORE_BLOCK))
    flags = (shape.comm, shape.ts, shape.free_ts, shape.hex_pfn)
    return ctypes.byref(_Shape(*flags, len(BEFORE_BLOCK), b"".join(BEFORE_BLOCK), sizes))


class ScanOutcome(IntEnum):
    """Why scan_file came back; see there."""

    MORE = 0
    FULL = 1
    END = 2
    LONG = 3
    FAILED = 4
    STRANGE = 5


class ScannerColumn(IntEnum):
    """What can be seen of a scanner, as scanner.c has it; the first three begin one a kind."""

    AT = 0
    SIZE = TEXTS
    NUMBER = 2 * TEXTS
    BEFORE_BLOCK = 3 * TEXTS
    TIMES = BEFORE_BLOCK + 1
    FIRST = BEFORE_BLOCK + 2
    ALLOC_TS = BEFORE_BLOCK + 3
    FREE_TS = BEFORE_BLOCK + 4
    START = BEFORE_BLOCK + 5
    LINE = BEFORE_BLOCK + 6
    SINGLE = BEFORE_BLOCK + 7
    IRREGULAR = BEFORE_BLOCK + 8
    STORE = BEFORE_BLOCK + 9


class Rows:
    """The numbers of the plain records of a chunk."""

    def __init__(self, handle: int) -> None:
        self._functions = _functions()
        self._handle = handle

    def __del__(self) -> None:
        self._functions.rows_free(self._handle)

    def __len__(self) -> int:
        return int(self._functions.rows_count(self._handle))

    def put_in_order(self, first: int, irregular: array[int], items: Sequence[int]) -> None:
        """Number the records from `first`, the position of the first region.

        `items`: how many positions each of the `irregular` regions takes.
        """
        counts = array("i", items)
        self._functions.rows_order(
            self._handle,
            irregular.buffer_info()[0],
            len(irregular),
            first,
            counts.buffer_info()[0],
        )

    def give(
        self,
        ids: Sequence[array[int]],
        layouts: array[int],
        *out: int,
    ) -> int:
        """Make an Arrow array and its schema, whose addresses are `out`, of the records.

        `ids`: those of their texts by number, one column a kind; `layouts`: those of BEFORE_BLOCK.
        Returns 0 where there is no more memory.
        """
        columns = (_POINTER * TEXTS)(*(values.buffer_info()[0] for values in ids))
        layout = layouts.buffer_info()[0]
        return int(self._functions.rows_give(self._handle, columns, layout, *out))


class _File(ctypes.Structure):
    _fields_ = (
        ("descriptor", _INT32),
        ("error", _INT32),
        ("buffer", _POINTER),
        *((name, _INT64) for name in ("size", "chunk", "held", "offset", "regions", "done")),
        ("irregular", _POINTER),
        *((name, _INT64) for name in ("irregular_room", "irregular_used", "irregulars")),
        *((name, _POINTER) for name in ("irregular_at", "irregular_border")),
        *((name, _INT64) for name in ("limit", "position", "end")),
    )


class ScannedFile:
    """A file that is read and counted by native/file.c, `size` bytes of it at a time.

    `irregular`: how many bytes of irregular regions are kept until Python looks at them.
    """

    def __init__(self, size: int, padding: int, chunk: int, irregular: int) -> None:
        self.handle = 0
        self._functions = _functions()
        self.handle = granted(self._functions.file_new(size, padding, chunk, irregular))
        self.size = size
        self.state = _File.from_address(self.handle)
        self.buffer = view(ctypes.c_uint8, self.state.buffer, size + padding)

    def __del__(self) -> None:
        if self.handle:
            self._functions.file_free(self.handle)

    def drop(self, size: int) -> None:
        """Forget the text at the buffer's front."""
        rest = bytes(self.buffer[size : self.state.held])
        self.buffer[: len(rest)] = rest
        self.state.held = len(rest)

    @property
    def irregular(self) -> tuple[memoryview, memoryview, memoryview]:
        """The text of the irregular regions of the last call, their borders in it, and offsets."""
        state, count = self.state, int(self.state.irregulars)
        return (
            view(ctypes.c_uint8, state.irregular, state.irregular_used),
            view(_INT64, state.irregular_border, count + 1),
            view(_INT64, state.irregular_at, count),
        )


class Scanner:
    """The texts and groups of plain records so far, and the regions of the chunk at hand.

    It holds `budget` bytes of texts. `readers` parse each text once. `compared`: records that
    page_owner_sort reads differently are not plain.
    `bad`: the numbers of texts that cannot be read, a set a kind.
    """

    def __init__(
        self, key: bytes, budget: int, readers: Readers, *, compared: bool = False
    ) -> None:
        self._handle = 0
        self._functions = _functions()
        self._handle = granted(self._functions.scan_new(key, budget, compared))
        self._readers = readers
        self._read = [0] * TEXTS
        self.bad: list[set[int]] = [set() for _ in range(TEXTS)]

    def __del__(self) -> None:
        if self._handle:
            self._functions.scan_free(self._handle)

    def __len__(self) -> int:
        return int(self._functions.scan_count(self._handle, TEXTS))

    @property
    def is_empty(self) -> bool:
        """Whether it has all its room; texts that were met may be in no group."""
        return not any(self._functions.scan_count(self._handle, kind) for kind in range(TEXTS))

    def reset(self) -> None:
        """Forget texts and groups."""
        granted(self._functions.scan_reset(self._handle))
        self._read = [0] * TEXTS
        self.bad = [set() for _ in range(TEXTS)]

    def column(self, name: int, kind: Any, count: int) -> memoryview:
        """The first numbers of a column, good until the next call that changes it."""
        return view(kind, self._functions.scan_column(self._handle, name), count)

    def cut(self, text: memoryview, length: int, *, last: bool, fresh: bool) -> int:
        """Cut a chunk into regions; how many there are."""
        count = self._functions.scan_cut(self._handle, address_of(text), length, last, fresh)
        return granted(count) if count else 0

    def feed(
        self, text: memoryview, shape: Shape, regions: range, *, offset: int = 0, keep: bool = False
    ) -> int:
        """Read `regions` of the chunk, which begins at `offset`; where it stopped for lack of room.

        Plain records are counted, or with `keep` wait for `rows`.
        """
        done = self._functions.scan_feed(
            self._handle,
            address_of(text),
            offset,
            regions.start,
            regions.stop,
            _shape(shape),
            keep,
        )
        return granted(done) if done else 0

    def feed_file(self, file: ScannedFile, shape: Shape) -> ScanOutcome:
        """Count a file on from where it stands, as far as nothing special comes."""
        return ScanOutcome(self._functions.scan_file(self._handle, file.handle, _shape(shape)))

    def rows(self) -> Rows:
        """The plain records kept, but for those that have a text which cannot be read."""
        return Rows(self._functions.scan_rows(self._handle))

    @property
    def irregular(self) -> array[int]:
        """The regions that were no plain records, in order."""
        count = self._functions.scan_count(self._handle, TEXTS + 1)
        found = array("i")
        found.frombytes(self.column(ScannerColumn.IRREGULAR, _INT32, count).cast("B"))
        return found

    def new_texts(self, *, refuse: bool = False) -> Texts:
        """The texts that were met since the last time, read.

        `refuse`: no record is plain that has a text which cannot be read.
        """
        return [self._new_texts(kind, refuse=refuse) for kind in range(TEXTS)]

    def _new_texts(self, kind: int, *, refuse: bool) -> list[ReadText]:
        count = int(self._functions.scan_count(self._handle, kind))
        first, self._read[kind] = self._read[kind], count
        if first == count:
            return []
        at = self.column(ScannerColumn.AT + kind, _INT64, count)
        size = self.column(ScannerColumn.SIZE + kind, _INT32, count)
        store = self.column(ScannerColumn.STORE, ctypes.c_uint8, at[count - 1] + size[count - 1])
        reader = self._readers[kind]
        found = []
        for number in range(first, count):
            text = bytes(store[at[number] : at[number] + size[number]])
            fields = reader(text)
            if fields is None:
                self.bad[kind].add(number)
                if refuse:
                    self._functions.scan_refuse(self._handle, kind, number)
            found.append((text, fields))
        return found
