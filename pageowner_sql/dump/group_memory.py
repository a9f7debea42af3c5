"""Memory that count.c counts in, and how what it wrote there is read."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from pageowner_sql.dump.fields import ReadText
from pageowner_sql.dump.formats import START
from pageowner_sql.dump.record_groups import RecordGroups, without_bad
from pageowner_sql.dump.regions import PADDING, Regions
from pageowner_sql.dump.scanner import KINDS, Count, File, KnownArrays
from pageowner_sql.native.library import address_of, anonymous, memory

# How many buffers' texts of irregular regions are kept until Python looks at them.
IRREGULAR_ROOM = 4
# How many texts of a kind and groups are held before they are handed on; no real dump has as many.
MOST = 1 << 17
# How many bytes of texts are held before they are handed on; more than a chunk.
STORE = 32 << 20


# What parses a text of each kind; None for one that no record has.
Readers = Sequence[Callable[[bytes], Any]]


def _column(kind: str, memory: memoryview, count: int) -> array[int]:
    """A copy of the first numbers."""
    copy = array(kind)
    copy.frombytes(memory[:count].cast("B"))
    return copy


class GroupTable:
    """The texts and groups of plain records so far, in memory that count.c writes to.

    `readers` parse each text once. `compared`: records that page_owner_sort would read otherwise
    are not plain.
    """

    def __init__(
        self, key: Sequence[int], most: int, readers: Readers, *, compared: bool = False
    ) -> None:
        self._readers = readers
        self._arrays = KnownArrays(most)
        self.known = self._arrays.known(key)
        self.first, self.alloc_ts, self.free_ts = (memory("q", most) for _ in range(3))
        self.store = memory("B", STORE)
        firsts = map(address_of, (self.first, self.alloc_ts, self.free_ts))
        self.out = Count(address_of(self.store), 0, STORE, most, *firsts, None, 0)
        self.out.compared = compared
        self._refused = [memory("B", most) for _ in range(KINDS)]
        for kind, marks in enumerate(self._refused):
            self.out.refused[kind] = address_of(marks)
        self._read = [0] * KINDS
        self._bad: list[set[int]] = [set() for _ in range(KINDS)]

    def __len__(self) -> int:
        return int(self.known.groups.count)

    @property
    def is_empty(self) -> bool:
        """Whether it has all its room; texts that were met may be in no group."""
        return not any(of_kind.count for of_kind in self.known.texts)

    def new_texts(self) -> list[list[ReadText]]:
        """The texts that were met since the last time, read."""
        return [self._new_texts(kind) for kind in range(KINDS)]

    def _new_texts(self, kind: int) -> list[ReadText]:
        at, size, reader = self._arrays.at[kind], self._arrays.size[kind], self._readers[kind]
        found = []
        for number in range(self._read[kind], self.known.texts[kind].count):
            text = bytes(self.store[at[number] : at[number] + size[number]])
            fields = reader(text)
            if fields is None:
                self._bad[kind].add(number)
            found.append((text, fields))
        self._read[kind] += len(found)
        return found

    def refuse_unreadable(self) -> bool:
        """Let no record be plain that has a text which cannot be read; whether there are such."""
        for kind, numbers in enumerate(self._bad):
            for number in numbers:
                self._refused[kind][number] = True
        return any(self._bad)

    def groups(self, layouts: Sequence[int], *, alloc: bool, free: bool) -> RecordGroups:
        """All that was counted, when its texts are taken; `layouts`: that of each BEFORE_BLOCK."""
        count = len(self)
        return without_bad(
            RecordGroups(
                numbers=[_column("i", number, count) for number in self._arrays.number],
                layout=[layouts[which] for which in self._arrays.before_block[:count]],
                at=_column("q", self.first, count),
                alloc_ts=_column("q", self.alloc_ts, count) if alloc else None,
                free_ts=_column("q", self.free_ts, count) if free else None,
                times=_column("q", self._arrays.times, count),
            ),
            self._bad,
        )


class FileMemory:
    """A file that is read and counted by count.c, and the memory for it."""

    def __init__(self, room: int, chunk: int) -> None:
        self.size = room + 2 * chunk
        self.buffer = memoryview(anonymous(self.size + PADDING))
        most = self.size // len(START) + 2
        self.borders = [memory("q", most) for _ in range(2)]
        self.single = memory("B", most)
        self.irregular = memory("B", IRREGULAR_ROOM * self.size)
        self.irregular_at, self.irregular_border = (
            memory("q", IRREGULAR_ROOM * most) for _ in range(2)
        )
        self.state = File()
        self.state.buffer, self.state.size, self.state.chunk = (
            address_of(self.buffer),
            self.size,
            chunk,
        )
        self.state.start, self.state.line = map(address_of, self.borders)
        self.state.single = address_of(self.single)
        self.state.irregular, self.state.irregular_room = (
            address_of(self.irregular),
            len(self.irregular),
        )
        self.state.irregular_at = address_of(self.irregular_at)
        # Each irregular region begins where the one before ends.
        self.state.irregular_end = address_of(self.irregular_border[1:])

    @property
    def irregular_regions(self) -> Regions:
        """The irregular ones of the last call."""
        count = int(self.state.irregulars)
        return Regions(self.irregular, self.irregular_border, self.single, count)

    def drop(self, size: int) -> None:
        """Forget the text at the buffer's front."""
        rest = bytes(self.buffer[size : self.state.held])
        self.buffer[: len(rest)] = rest
        self.state.held = len(rest)
