"""Chunks of a dump -> its records as columns of numbers, and whatever is no record.

native/scan.c reads the plain records. All others go through the exact parser, one by one.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.fields import BESIDE, KINDS, READERS, ReadText
from pageowner_sql.dump.formats import BEFORE_BLOCK, Shape, common_layout
from pageowner_sql.dump.pipeline import AHEAD, ROOM, Stream
from pageowner_sql.dump.regions import Leftover, RegionReader, Regions, raw_of
from pageowner_sql.dump.scanner import Functions, KnownArrays, PlainColumns, pointers, structure_of
from pageowner_sql.dump.source import Source
from pageowner_sql.native.library import address_of, memory

# Why a record is none where one of its texts cannot be read, a reason for each of READERS.
REASONS = (
    "the header cannot be read",
    "the PFN line is not whole",
    "another record begins in it without an empty line before",
)

# What is remembered of texts that were read, in bytes; more than any real dump has.
REMEMBERED = 8 << 20

# What a record's numbers take.
RECORD = 48

Texts = Sequence[Sequence[ReadText]]


class PlainRecords:
    """The plain records of a chunk, in memory that scan.c wrote.

    Columns of one number a record: `ord` (position in the dump, from 0, int32), `pfn`, `block`
    (int64), `alloc_ts` and `free_ts` (int64, ns; None where the shape has none). `texts`: the
    chunk's distinct texts, read, one entry a kind.
    """

    def __init__(self, functions: Functions, most: int, shape: Shape) -> None:
        self._functions = functions
        self._shape = shape
        self._numbers = [memory("q", most) for _ in range(4)]
        self._region, self._group, self._odd = (memory("i", most) for _ in range(3))
        self._before_block = memory("B", most)
        columns = (self._region, *self._numbers, self._before_block, self._group)
        self._columns = PlainColumns(address_of(self._odd), 0, *map(address_of, columns), 0)
        self._known = KnownArrays(most)
        self.layouts: Sequence[int] = ()
        self.texts: Texts = ()

    def __len__(self) -> int:
        return int(self._columns.records)

    @property
    def odd(self) -> list[int]:
        """The regions that are not a plain record, in order."""
        return self._odd[: self._columns.odds].tolist()

    def read(self, regions: Regions, key: Sequence[int]) -> list[list[bytes]]:
        """Read the regions that are plain records; the distinct texts of each kind."""
        known = self._known.known(key)
        self._functions.read(
            address_of(regions.chunk),
            len(regions),
            address_of(regions.start),
            address_of(regions.single),
            ctypes.byref(structure_of(self._shape)),
            ctypes.byref(known),
            ctypes.byref(self._columns),
        )
        self._groups = known.groups
        return [
            [
                bytes(regions.chunk[at : at + size])
                for at, size in zip(
                    self._known.at[kind][: known.texts[kind].count],
                    self._known.size[kind][: known.texts[kind].count],
                    strict=True,
                )
            ]
            for kind in KINDS
        ]

    def drop_unreadable(self) -> None:
        """Make the records odd that have a text which cannot be read."""
        bad = [
            {number for number, (_, fields) in enumerate(texts) if fields is None}
            for texts in self.texts
        ]
        if not any(bad):
            return
        count = int(self._groups.count)
        marks = memory("B", max(count, 1))
        numbers = (number[:count] for number in self._known.number)
        for group, of_kinds in enumerate(zip(*numbers, strict=True)):
            marks[group] = any(map(set.__contains__, bad, of_kinds))
        self._functions.drop(ctypes.byref(self._columns), address_of(marks))

    def put_in_order(self, first: int, items: Sequence[int]) -> None:
        """Number the records from `first`, the position of the first region.

        `items`: how many positions each odd region takes.
        """
        counts = memory("i", len(items) + 1)
        counts[: len(items)] = memoryview(array("i", items))
        self._functions.order(ctypes.byref(self._columns), first, address_of(counts))
        # The hash tables have done their work.
        self._known.forget()

    @property
    def ord(self) -> memoryview:
        """Position in the dump, int32."""
        return self._region[: len(self)]

    @property
    def alloc_ts(self) -> memoryview | None:
        """Times of allocation, ns."""
        return self._numbers[0][: len(self)] if self._shape.ts else None

    @property
    def free_ts(self) -> memoryview | None:
        """Times when the pages were last freed before, ns."""
        return self._numbers[1][: len(self)] if self._shape.free_ts else None

    @property
    def pfn(self) -> memoryview:
        """Page frame numbers."""
        return self._numbers[2][: len(self)]

    @property
    def block(self) -> memoryview:
        """Numbers of the pageblocks."""
        return self._numbers[3][: len(self)]

    def ids(self, ids: Sequence[Sequence[int]], layout_base: int) -> list[memoryview]:
        """Columns of ids, int32: of each kind of text, and of the layout.

        `ids`: those of `texts`; `layout_base`: what the reader's layouts are counted from.
        """
        given = [array("i", of_kind) or array("i", [0]) for of_kind in ids]
        layouts = array("i", [layout_base + layout for layout in self.layouts])
        columns = [memory("i", max(len(self), 1)) for _ in (*KINDS, "layout")]
        self._functions.ids(
            ctypes.byref(self._columns),
            ctypes.byref(self._groups),
            pointers([values.buffer_info()[0] for values in given]),
            layouts.buffer_info()[0],
            pointers([address_of(column) for column in columns]),
        )
        return [column[: len(self)] for column in columns]


class OddRecord(NamedTuple):
    """A record that the exact parser read; `layout`: index into the reader's layouts."""

    ord: int
    record: exact_parser.Record
    layout: int
    texts: Sequence[ReadText]


@dataclass
class Chunk:
    """What one stretch of text held; nothing of it lies in the text.

    `truncated`: ord of the dump's last record, where that one is cut short; `weight`: about the
    bytes that all this takes.
    """

    plain: PlainRecords | None = None
    odd: list[OddRecord] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    truncated: int | None = None
    weight: int = 1


class RecordReader(RegionReader):
    """Reads a dump's text chunk by chunk, record by record."""

    def __init__(self, name: str, room: int) -> None:
        super().__init__(name, room)
        self.ord = 0
        self.line = 1
        self._chunk = Chunk()
        self._known: tuple[dict[bytes, ReadText], ...] = tuple({} for _ in KINDS)
        self._remembered = 0

    def read(self, storage: memoryview, length: int, *, last: bool) -> tuple[Chunk, int]:
        """The records of `storage[:length]` and how many of its bytes are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        chunk = self._chunk = Chunk()
        done = self.advance(storage, length, last=last)
        if self._remembered > REMEMBERED:
            self._remembered = 0
            for known in self._known:
                known.clear()
        return chunk, done

    def _take(self, regions: Regions, *, endless: bool) -> None:
        chunk = self._chunk
        plain = self._plain(regions)
        at = range(len(regions)) if plain is None else plain.odd
        items, continued = self._items(regions, at, endless=endless)
        first = self.ord - continued
        counts = [len(inside) for inside in items]
        if plain is not None and len(plain):
            plain.put_in_order(first, counts)
            chunk.plain = plain
            chunk.weight += RECORD * len(plain)
        for left in self._odd(regions, at, items, first):
            chunk.leftovers.append(left)
            chunk.weight += len(left.raw) + BESIDE
        if continued:
            chunk.leftovers[0] = replace(chunk.leftovers[0], continues=True)
        self.ord = first + len(regions) + sum(counts) - len(counts)
        assert regions.line is not None  # noqa: S101  # it was just cut
        self.line += regions.line[len(regions)]

    def _plain(self, regions: Regions) -> PlainRecords | None:
        """The plain records; learns their shape anew where the one known does not fit."""
        if self._shape is not None:
            found = self._scan(regions, self._shape)
            if 2 * len(found) >= len(regions):
                return found
        self._shape = self._learn_shape(regions)
        return self._scan(regions, self._shape) if self._shape is not None else None

    def _scan(self, regions: Regions, shape: Shape) -> PlainRecords:
        found = PlainRecords(self._functions, len(regions), shape)
        texts = found.read(regions, self._key)
        found.texts = [
            self._texts(kind, of_kind) for kind, of_kind in zip(KINDS, texts, strict=True)
        ]
        found.drop_unreadable()
        found.layouts = [self.layout(common_layout(shape, text)) for text in BEFORE_BLOCK]
        return found

    def _texts(self, kind: int, texts: Sequence[bytes]) -> list[ReadText]:
        known, read = self._known[kind], []
        for text in texts:
            fields = known.get(text)
            if fields is None:
                fields = known[text] = (text, READERS[kind](text))
                self._remembered += len(text) + BESIDE
                self._chunk.weight += len(text) + BESIDE
            read.append(fields)
        return read

    def _odd(
        self,
        regions: Regions,
        where: Sequence[int],
        items: Sequence[Sequence[exact_parser.Item]],
        first: int,
    ) -> Iterator[Leftover]:
        """Keep the records of odd regions; the rest of what is in them."""
        assert regions.line is not None  # noqa: S101  # it was just cut
        surplus = 0
        for index, inside in zip(where, items, strict=True):
            at, line = regions.start[index], self.line + regions.line[index]
            for position, item in enumerate(inside, first + index + surplus):
                raw = raw_of(item)
                reason = (
                    self._keep(item, position)
                    if isinstance(item, exact_parser.Record)
                    else (item.reason if isinstance(item, exact_parser.Reject) else "")
                )
                if reason is not None:
                    yield Leftover(position, self.offset + at, line, reason, raw)
                at += len(raw)
                line += raw.count(b"\n")
            surplus += len(inside) - 1

    def _keep(self, record: exact_parser.Record, position: int) -> str | None:
        """Keep a record; why it is none where one of its texts cannot be read."""
        pieces = (record.header, record.tail, record.rest)
        texts = [self._texts(kind, [text])[0] for kind, text in zip(KINDS, pieces, strict=True)]
        for (_, fields), reason in zip(texts, REASONS, strict=True):
            if fields is None:
                return reason
        layout = self.layout(record.layout)
        self._chunk.odd.append(OddRecord(position, record, layout, texts))
        self._chunk.weight += RECORD + BESIDE
        if record.truncated:
            self._chunk.truncated = position
        return None


CHUNK = 4 << 20


class RecordStream(Stream[Chunk]):
    """Every record for itself, read as far ahead as memory allows."""

    def __init__(
        self, source: Source, chunk: int = CHUNK, room: int = ROOM, *, hashed: bool = True
    ) -> None:
        self._records = RecordReader(source.name, room)
        super().__init__(source, self._records, chunk, hashed=hashed, ahead=AHEAD)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Chunk, int]], int]:
        chunk, done = self._records.read(storage, length, last=last)
        return [(chunk, chunk.weight)] if done else [], done
