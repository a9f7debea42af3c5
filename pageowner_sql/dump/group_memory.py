"""Memory that count.c counts in, and how what it wrote there is read."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from pageowner_sql.dump.formats import START
from pageowner_sql.dump.record_groups import RecordGroups, without_bad
from pageowner_sql.dump.regions import PADDING, Regions
from pageowner_sql.dump.scanner import File, ScanTable
from pageowner_sql.native.library import address_of, anonymous, memory

# How many buffers' texts of irregular regions are kept until Python looks at them.
IRREGULAR_ROOM = 4


def _column(kind: str, memory: memoryview, count: int) -> array[int]:
    """A copy of the first numbers."""
    copy = array(kind)
    copy.frombytes(memory[:count].cast("B"))
    return copy


def groups_of(table: ScanTable, layouts: Sequence[int], *, alloc: bool, free: bool) -> RecordGroups:
    """All that a table has counted, its texts taken; `layouts`: that of each BEFORE_BLOCK."""
    count = len(table)
    return without_bad(
        RecordGroups(
            numbers=[_column("i", number, count) for number in table.arrays.number],
            layout=[layouts[which] for which in table.arrays.before_block[:count]],
            at=_column("q", table.first, count),
            alloc_ts=_column("q", table.alloc_ts, count) if alloc else None,
            free_ts=_column("q", table.free_ts, count) if free else None,
            times=_column("q", table.arrays.times, count),
        ),
        table.bad,
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
