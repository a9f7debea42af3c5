"""A dump's text -> how many records are alike: by native/scan.c, without a record ever in Python.

Nothing here needs NumPy, so that a report can begin to read its dump before that is imported.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pageowner_sql.dump import odd
from pageowner_sql.dump.counted import Counted, OddTable, without_bad
from pageowner_sql.dump.dialects import BEFORE_BLOCK, START, common_layout
from pageowner_sql.dump.pipe import AHEAD, ROOM, Stream
from pageowner_sql.dump.reading import PADDING, RegionReader, raw_of
from pageowner_sql.dump.scanning import (
    KINDS,
    Count,
    File,
    Functions,
    Groups,
    Known,
    Outcome,
    Texts,
    pointers,
    structure_of,
)
from pageowner_sql.dump.source import Source
from pageowner_sql.dump.texts import OWN_READERS, ReadText
from pageowner_sql.errors import InputError
from pageowner_sql.native.library import anonymous, library

CHUNK = 4 << 20
# Small enough to stay in the processor's cache between reading and counting.
FILE_CHUNK = 1 << 19
# How much of a file is counted before Python looks at what was odd.
LIMIT = 32 << 20
# How many buffers' texts of odd regions are kept until then.
ODD_ROOM = 4
# How many texts of a kind and groups are held before they are handed on, and bytes of texts; more
# than any real dump has, and more bytes than a chunk.
MOST = 1 << 17
STORE = 32 << 20


@dataclass(frozen=True)
class _Regions:
    """As regions.Regions."""

    chunk: memoryview
    start: memoryview
    line: memoryview
    single: memoryview
    count: int

    def __len__(self) -> int:
        return self.count


def _memory(kind: Literal["B", "i", "I", "q", "Q"], count: int) -> memoryview:
    """Zeros, that take no memory before they are written to."""
    return memoryview(anonymous(count * array(kind).itemsize, sparse=True)).cast(kind)


def _address(memory: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _column(kind: str, memory: memoryview, count: int) -> array[int]:
    """A copy of the first numbers."""
    copy = array(kind)
    copy.frombytes(memory[:count].cast("B"))
    return copy


class _Table:
    """The plain records counted so far, in memory that scan.c writes to."""

    def __init__(self, key: Sequence[int], most: int, store: int) -> None:
        slots = 1 << (2 * most + 1).bit_length()
        self.slots = [_memory("I", slots) for _ in range(KINDS + 1)]
        self.hashes = [_memory("Q", most) for _ in range(KINDS)]
        self.at = [_memory("q", most) for _ in range(KINDS)]
        self.size = [_memory("i", most) for _ in range(KINDS)]
        self.number = [_memory("i", most) for _ in range(KINDS)]
        self.before_block = _memory("B", most)
        self.times, self.first, self.alloc_ts, self.free_ts = (_memory("q", most) for _ in range(4))
        self.store = _memory("B", store)
        *text_slots, group_slots = map(_address, self.slots)
        columns = (map(_address, memories) for memories in (self.hashes, self.at, self.size))
        self.known = Known(
            (Texts * KINDS)(*(Texts(*of, 0) for of in zip(text_slots, *columns, strict=True))),
            Groups(
                group_slots,
                pointers([_address(number) for number in self.number]),
                _address(self.before_block),
                _address(self.times),
                0,
            ),
            slots - 1,
            (ctypes.c_uint64 * 4)(*key),
        )
        firsts = (_address(memory) for memory in (self.first, self.alloc_ts, self.free_ts))
        self.out = Count(_address(self.store), 0, store, most, *firsts, None, 0)
        self._read = [0] * KINDS
        self._bad: list[set[int]] = [set() for _ in range(KINDS)]

    def __len__(self) -> int:
        return int(self.known.groups.count)

    def new_texts(self) -> list[list[ReadText]]:
        """The texts that were met since the last time, read."""
        return [self._new_texts(kind) for kind in range(KINDS)]

    def _new_texts(self, kind: int) -> list[ReadText]:
        at, size, reader = self.at[kind], self.size[kind], OWN_READERS[kind]
        found = []
        for number in range(self._read[kind], self.known.texts[kind].count):
            text = bytes(self.store[at[number] : at[number] + size[number]])
            fields = reader(text)
            if fields is None:
                self._bad[kind].add(number)
            found.append((text, fields))
        self._read[kind] += len(found)
        return found

    def groups(self, layouts: Sequence[int], *, alloc: bool, free: bool) -> Counted:
        """All that was counted, when its texts are taken; `layouts`: that of each BEFORE_BLOCK."""
        count = len(self)
        return without_bad(
            Counted(
                numbers=[_column("i", number, count) for number in self.number],
                layout=[layouts[which] for which in self.before_block[:count]],
                at=_column("q", self.first, count),
                alloc_ts=_column("q", self.alloc_ts, count) if alloc else None,
                free_ts=_column("q", self.free_ts, count) if free else None,
                times=_column("q", self.times, count),
            ),
            self._bad,
        )


class _FileMemory:
    """A file that is read and counted by scan.c, and the memory for it."""

    def __init__(self, room: int, chunk: int) -> None:
        self.size = room + 2 * chunk
        self.buffer = memoryview(anonymous(self.size + PADDING))
        most = self.size // len(START) + 2
        self.borders = [_memory("q", most) for _ in range(2)]
        self.single = _memory("B", most)
        self.odd = _memory("B", ODD_ROOM * self.size)
        self.odd_at, self.odd_border = (_memory("q", ODD_ROOM * most) for _ in range(2))
        self.state = File()
        self.state.buffer, self.state.size, self.state.chunk = (
            _address(self.buffer),
            self.size,
            chunk,
        )
        self.state.start, self.state.line = map(_address, self.borders)
        self.state.single = _address(self.single)
        self.state.odd, self.state.odd_room = _address(self.odd), len(self.odd)
        self.state.odd_at = _address(self.odd_at)
        # Each odd region begins where the one before ends.
        self.state.odd_end = _address(self.odd_border[1:])

    @property
    def odd_regions(self) -> _Regions:
        """The odd ones of the last call."""
        count = int(self.state.odds)
        return _Regions(self.odd, self.odd_border, self.odd_border, self.single, count)

    def drop(self, size: int) -> None:
        """Forget the text at the buffer's front."""
        rest = bytes(self.buffer[size : self.state.held])
        self.buffer[: len(rest)] = rest
        self.state.held = len(rest)


class CountReader(RegionReader[_Regions]):
    """Counts a dump's records chunk by chunk."""

    def __init__(
        self, name: str, room: int, native: ctypes.CDLL, *, most: int = MOST, store: int = STORE
    ) -> None:
        super().__init__(name, room)
        self._functions = Functions(native)
        # Nobody can make up texts that collide without it.
        self._key = memoryview(os.urandom(32)).cast("Q").tolist()
        self._size = (most, store)
        self._table = _Table(self._key, *self._size)
        self._odd = OddTable()
        self._made: list[Counted] = []
        self._borders = [_memory("q", 1) for _ in range(2)]
        self._marks = _memory("i", 1)
        self._single = _memory("B", 1)

    def read(self, storage: memoryview, length: int, *, last: bool) -> tuple[list[Counted], int]:
        """What was counted and is handed on, and how many bytes of `storage` are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        done = self.advance(storage, length, last=last)
        if last:
            self._hand_on()
        return self._taken(), done

    def _taken(self) -> list[Counted]:
        if self._odd.weight > self._size[1]:
            self._hand_on()
        made, self._made = self._made, []
        return made

    @property
    def steady(self) -> bool:
        """Whether `read_file` can go on: records of a known shape were read, and none is cut."""
        return self._shape is not None and not self._open and self._before == b"\n\n"

    def read_file(self, file: _FileMemory) -> tuple[list[Counted], Outcome]:
        """As `read`, from the file itself, as far as nothing special comes."""
        assert self._shape is not None  # noqa: S101  # it is steady
        shape, state, table = structure_of(self._shape), file.state, self._table
        state.offset, state.lines = self.offset, 0
        table.out.odd = self._room_for_marks(file.size)
        outcome = Outcome(
            self._functions.file(*map(ctypes.byref, (state, shape, table.known, table.out)))
        )
        self.offset, self.line = state.offset, self.line + state.lines
        regions = file.odd_regions
        items, _ = self._items(regions, range(len(regions)), endless=False)
        for inside, at in zip(items, file.odd_at, strict=False):
            self._add_odd(inside, at)
        if outcome is Outcome.STRANGE:
            self._learn(regions)
        self._hand_on_texts()
        if outcome is Outcome.FULL:
            self._hand_on()
        return self._taken(), outcome

    def _cut(
        self, storage: memoryview, length: int, *, last: bool, fresh: bool
    ) -> tuple[_Regions, int]:
        # More than there ever are.
        most = length // len(START) + 2
        if most > len(self._single):
            self._borders = [_memory("q", most) for _ in range(2)]
            self._single = _memory("B", most)
        start, line = self._borders
        count = self._functions.cut(
            _address(storage), length, last, fresh, *map(_address, (start, line, self._single))
        )
        return _Regions(storage, start, line, self._single, count), start[count]

    def _take(self, regions: _Regions, *, endless: bool) -> None:
        if self._shape is None:
            self._learn(regions)
        found = self._count(regions) if self._shape is not None else range(len(regions))
        items, continued = self._items(regions, found, endless=endless)
        for index, inside in zip(found, items, strict=True):
            self._add_odd(inside, self.offset + regions.start[index])
        self._odd.rejected -= continued
        if 2 * len(found) > len(regions):
            self._learn(regions)

    def _add_odd(self, items: Sequence[odd.Item], at: int) -> None:
        for item in items:
            if isinstance(item, odd.Record):
                self._odd.add(item, self.layout(item.layout), at)
            elif isinstance(item, odd.Reject):
                self._odd.rejected += 1
            at += len(raw_of(item)) if len(items) > 1 else 0

    def _learn(self, regions: _Regions) -> None:
        """Learn the shape of most records, for what comes next."""
        shape = self._learn_shape(regions)
        if shape != self._shape:
            self._hand_on()
            self._shape = shape

    def _count(self, regions: _Regions) -> list[int]:
        """Count the plain records; the odd regions."""
        assert self._shape is not None  # noqa: S101  # known by who calls
        shape = structure_of(self._shape)
        found: list[int] = []
        done = 0
        while done < len(regions):
            table = self._table
            table.out.odd, table.out.odds = self._room_for_marks(regions.start[len(regions)]), 0
            done = self._functions.count(
                _address(regions.chunk),
                self.offset,
                done,
                len(regions),
                _address(regions.start),
                _address(regions.single),
                ctypes.byref(shape),
                ctypes.byref(table.known),
                ctypes.byref(table.out),
            )
            found += self._marks[: table.out.odds].tolist()
            if done < len(regions):
                # A table that is empty has room for whatever fits into a chunk.
                self._hand_on()
        self._hand_on_texts()
        return found

    def _room_for_marks(self, length: int) -> int:
        """Where the odd regions of so much text can be marked."""
        most = length // len(START) + 2
        if most > len(self._marks):
            self._marks = _memory("i", most)
        return _address(self._marks)

    def _hand_on_texts(self) -> None:
        texts = self._table.new_texts()
        if any(texts):
            self._made.append(Counted(texts=texts, ahead=True))

    def _hand_on(self) -> None:
        """Hand on all that was counted, and begin anew."""
        if self._shape is not None and len(self._table):
            self._hand_on_texts()
            shape = self._shape
            layouts = [self.layout(common_layout(shape, text)) for text in BEFORE_BLOCK]
            self._made.append(self._table.groups(layouts, alloc=shape.ts, free=shape.free_ts))
            self._table = _Table(self._key, *self._size)
        self._made.append(self._odd.take())
        self._odd = OddTable()


class CountingStream(Stream[Counted]):
    """How many of a dump's records are alike, handed on when all are counted, or too many held."""

    def __init__(
        self,
        source: Source,
        native: ctypes.CDLL,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        most: int = MOST,
    ) -> None:
        self._counter = CountReader(source.name, room, native, most=most)
        super().__init__(source, self._counter, chunk, hashed=False, ahead=AHEAD)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Counted, int]], int]:
        made, done = self._counter.read(storage, length, last=last)
        return [(each, each.weight) for each in made], done


class FileCountingStream(CountingStream):
    """The same of a plain file, in one thread that hardly ever needs Python's lock."""

    def __init__(
        self,
        source: Source,
        native: ctypes.CDLL,
        chunk: int = FILE_CHUNK,
        room: int = ROOM,
        *,
        most: int = MOST,
    ) -> None:
        super().__init__(source, native, chunk, room, most=most)
        self._file = _FileMemory(room, chunk)

    def _work(self) -> Sequence[tuple[Callable[[], None], Any]]:
        return [(self._count, self._parsed)]

    def _count(self) -> None:
        state, last = self._file.state, False
        while not last and not self._stopped:
            descriptor = self.source.descriptor
            if descriptor is not None and self._counter.steady:
                outcome = self._count_on(descriptor)
                if outcome not in (Outcome.END, Outcome.LONG):
                    continue
                last = outcome is Outcome.END
            else:
                room = self._file.buffer[state.held : self._file.size][: self._chunk]
                count = self.source.fill(room)
                self.bytes += count
                state.held += count
                last = not count
            made, done = self._counter.read(self._file.buffer, state.held, last=last)
            self._file.drop(done)
            self._put(made)
        self._parsed.put(None)

    def _count_on(self, descriptor: int) -> Outcome:
        state = self._file.state
        state.descriptor, state.limit = descriptor, LIMIT
        made, outcome = self._counter.read_file(self._file)
        self.bytes += LIMIT - state.limit
        self.source.was_read(LIMIT - state.limit)
        self._put(made)
        if outcome is Outcome.FAILED:
            reason = os.strerror(state.error)
            raise InputError(f"{self.source.name}: cannot be read: {reason}")
        return outcome

    def _put(self, made: Sequence[Counted]) -> None:
        for each in made:
            self._parsed.put((each, None), each.weight)


def counting(source: Source) -> Stream[Counted]:
    """The fastest stream of what is counted that there is here."""
    found = library()
    if found is None:
        from pageowner_sql.dump.stream import CountedStream

        return CountedStream(source)
    if source.compression or source.size is None:
        return CountingStream(source, found)
    return FileCountingStream(source, found)
