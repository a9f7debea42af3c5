"""Chunks of a dump -> regions, plain or irregular: what loading and counting have in common."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.exact_parser import NO_RECORD
from pageowner_sql.dump.formats import START, Layout, Shape
from pageowner_sql.dump.refusals import refuse_mangled
from pageowner_sql.dump.scanner import BUDGET, Readers, Scanner, ScannerColumn

# How many irregular regions are read, at most, to learn the shape of a chunk's plain ones.
SHAPE_TRIES = 50

# Regions that are read together: a chunk can hold a few hundred thousand that are not a record.
PORTION = 1 << 15

# Readable bytes that every chunk has behind its end, so that 8-byte looks need no bounds check.
PADDING = 64


@dataclass(frozen=True)
class Regions:
    """The regions of a chunk, in order: the text from one record start up to the next.

    `start`: positions in the chunk, one a region and the end of the last; `single`, one a region:
    it begins with START, and its only empty line is its last line; `line`: the number of newlines
    before each start, None where nobody asks.
    """

    chunk: memoryview
    start: memoryview
    single: memoryview
    count: int
    line: memoryview | None = None

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True)
class Leftover:
    """Bytes of the dump that are in no record. `reason` is empty for surplus empty lines.

    `continues`: it belongs to the reject before it, whose text was longer than a chunk.
    """

    ord: int
    offset: int
    line: int
    reason: str
    raw: bytes
    continues: bool = False


class RegionReader:
    """Cuts a dump's text chunk by chunk; remembers position and layouts in between.

    `room` is how much text may be left over for the next call: no record is near as long, so
    what is longer without a record start is not a record. `budget`, `readers` and `compared` are
    as in Scanner.
    """

    def __init__(
        self,
        name: str,
        room: int,
        readers: Readers,
        *,
        budget: int = BUDGET,
        compared: bool = False,
    ) -> None:
        self.name = name
        self.room = room
        self.layouts: dict[Layout, int] = {}
        self.layouts_lock = threading.Lock()
        self.offset = 0
        # Nobody can make up texts that collide without the key.
        self._scanner = Scanner(os.urandom(32), budget, readers, compared=compared)
        self._shape: Shape | None = None
        # The last two bytes of what is done with; a dump begins as if after an empty line.
        self._before = b"\n\n"
        self._open = False
        self._reject_last = False

    def _cut(
        self, storage: memoryview, length: int, *, last: bool, fresh: bool
    ) -> tuple[Regions, int]:
        """The regions of `storage[:length]`, and where the last one ends.

        With `last` that is where the text does; `fresh`: the byte before the text was a newline.
        Regions are good until the next are cut.
        """
        scanner = self._scanner
        count = scanner.cut(storage, length, last=last, fresh=fresh)
        start, line = (
            scanner.column(name, ctypes.c_int64, count + 1)
            for name in (ScannerColumn.START, ScannerColumn.LINE)
        )
        single = scanner.column(ScannerColumn.SINGLE, ctypes.c_uint8, count)
        return Regions(storage, start, single, count, line), start[count]

    def _take(self, regions: Regions, *, endless: bool) -> int:
        """Do with the regions what is to be done; with how many of them, one at least.

        `endless`: no record start ends the last.
        """
        raise NotImplementedError

    def advance(self, storage: memoryview, length: int, *, last: bool) -> int:
        """Read `storage[:length]`; how many of its bytes are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        regions, endless = self._regions(storage, length, last=last)
        text = storage[: regions.start[len(regions)]]
        if not len(text):
            return 0
        if self.offset == 0:
            refuse_mangled(self.name, text[: 1 << 16].tobytes())
        if self._before == b"\n\n" and text[: len(START)].tobytes() == START:
            self._open = False
        if self._open:
            regions.single[0] = False
        if endless:
            regions.single[len(regions) - 1] = False
        taken = self._take(regions, endless=endless)
        covered = int(regions.start[taken])
        self._open = endless and taken == len(regions)
        self._before = (self._before + text[max(covered - 2, 0) : covered].tobytes())[-2:]
        self.offset += covered
        return covered

    def _regions(self, storage: memoryview, length: int, *, last: bool) -> tuple[Regions, bool]:
        """The next regions, and whether no record start ends the last."""
        fresh = self._before.endswith(b"\n")
        regions, covered = self._cut(storage, length, last=last, fresh=fresh)
        endless = not last and length - covered > self.room
        if endless:
            # A record start across the border must stay whole, so its length stays behind.
            regions, _ = self._cut(storage, length - 2 * len(START), last=True, fresh=fresh)
        if len(regions) > PORTION:
            return replace(regions, count=PORTION), False
        return regions, endless

    def _items(
        self, regions: Regions, indexes: Iterable[int], *, endless: bool
    ) -> tuple[list[list[exact_parser.Item]], bool]:
        """The items of irregular regions; whether the first goes on with the reject before it."""
        last = len(regions) - 1
        at = list(indexes)
        items = [self._irregular_items(regions, index) for index in at]
        if endless:
            items[-1] = [_closed(item) for item in items[-1]]
        continued = self._open and self._continue(items)
        self._reject_last = bool(at and at[-1] == last) and isinstance(
            items[-1][-1], exact_parser.RecordReject
        )
        return items, continued

    def _continue(self, items: list[list[exact_parser.Item]]) -> bool:
        """The chunk's first text goes on where no record was: it can be none."""
        text = b"".join(raw_of(item) for item in items[0])
        blank = not self._reject_last and not text.strip(b"\n")
        items[0] = (
            exact_parser.read_gaps(text)
            if blank
            else [exact_parser.RecordReject(0, NO_RECORD, text)]
        )
        return self._reject_last

    def _irregular_items(self, regions: Regions, index: int) -> list[exact_parser.Item]:
        start, end = int(regions.start[index]), int(regions.start[index + 1])
        return exact_parser.read_region(regions.chunk[start:end].tobytes())

    def _learn_shape(self, regions: Regions) -> Shape | None:
        votes: dict[Shape, int] = {}
        step = max(1, len(regions) // SHAPE_TRIES)
        for index in range(0, len(regions), step):
            first = self._irregular_items(regions, index)[0]
            shape = exact_parser.shape_of(first) if isinstance(first, exact_parser.Record) else None
            if shape is not None:
                votes[shape] = votes.get(shape, 0) + 1
        return max(votes, key=lambda shape: votes[shape]) if votes else None

    def layout(self, layout: Layout) -> int:
        """The number of a layout, from 0; a new one is kept."""
        with self.layouts_lock:
            return self.layouts.setdefault(layout, len(self.layouts))

    def go_on_from(self, other: RegionReader, offset: int) -> None:
        """Begin at a record start within the dump, and number layouts together with `other`."""
        self.offset = offset
        self.layouts, self.layouts_lock = other.layouts, other.layouts_lock


def raw_of(item: exact_parser.Item) -> bytes:
    """The bytes of an item."""
    return item.text() if isinstance(item, exact_parser.Record) else item.raw


def _closed(item: exact_parser.Item) -> exact_parser.Item:
    """The item; a record without its end becomes a reject."""
    if isinstance(item, exact_parser.Record) and item.truncated:
        return exact_parser.RecordReject(0, "longer than any record", item.text())
    return item
