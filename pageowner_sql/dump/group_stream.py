"""A source -> how many of its records have the same texts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pageowner_sql.dump.formats import START
from pageowner_sql.dump.group_reader import GroupReader
from pageowner_sql.dump.pipeline import AHEAD, ROOM, Pipeline
from pageowner_sql.dump.record_groups import RecordGroups
from pageowner_sql.dump.regions import PADDING
from pageowner_sql.dump.scanner import BUDGET, ScannedFile, ScanOutcome
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError

CHUNK = 4 << 20
# Small enough to stay in the processor's cache between reading and counting.
FILE_CHUNK = 1 << 18
# How many buffers' texts of irregular regions are kept until Python looks at them.
IRREGULAR_ROOM = 4
# How much of a file is counted before Python looks at what was irregular.
LIMIT = 8 << 20
# A smaller part of a file is counted before another thread would have begun.
PART = 256 << 20
# How far a record start is looked for; no record is as long.
SEARCHED = 4 << 20


class GroupStream(Pipeline[RecordGroups]):
    """A dump's groups of records, handed on at its end, or when they take too much memory."""

    def __init__(
        self,
        source: Source,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        budget: int = BUDGET,
        compared: bool = False,
    ) -> None:
        counter = GroupReader(source.name, room, budget=budget, compared=compared)
        self._counters = [counter]
        super().__init__(source, counter, chunk, hashed=False, ahead=AHEAD)

    def _make(
        self, storage: memoryview, length: int, *, last: bool, part: int = 0
    ) -> tuple[Sequence[tuple[RecordGroups, int]], int]:
        made, done = self._counters[part].read(storage, length, last=last)
        return _weighed(made, part), done


class FileGroupStream(GroupStream):
    """The same of a plain file: each of its parts in a thread that hardly needs Python's lock.

    `starts`: where the parts begin, the first at 0 and the others at record starts.
    """

    def __init__(
        self,
        source: Source,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        budget: int = BUDGET,
        compared: bool = False,
        starts: Sequence[int] = (0,),
    ) -> None:
        self._borders = [*starts, sys.maxsize]
        self._counting = len(starts)
        self._lock = threading.Lock()
        super().__init__(source, chunk, room, budget=budget, compared=compared)
        for start in starts[1:]:
            counter = GroupReader(source.name, room, budget=budget, compared=compared)
            counter.go_on_from(self.reader, start)
            self._counters.append(counter)

    def _work(self) -> Sequence[tuple[Callable[[], None], Any]]:
        return [(partial(self._count, part), self._parsed) for part in range(self._counting)]

    def _count(self, part: int) -> None:
        counter, file, last = self._counters[part], self._file(), False
        file.state.position, file.state.end = self._borders[part : part + 2]
        while not last and not self._parsed.stopped:
            descriptor = self.source.descriptor
            if descriptor is not None and counter.steady:
                outcome = self._count_on(part, file, descriptor)
                if outcome not in (ScanOutcome.END, ScanOutcome.LONG):
                    continue
                last = outcome is ScanOutcome.END
            else:
                last = not self._fill(file, descriptor)
            make = partial(self._make, part=part)
            file.drop(self._give(make, file.buffer, file.state.held, last=last))
        with self._lock:
            self._counting -= 1
            ended = not self._counting
        if ended:
            self._parsed.put(None)

    def _file(self) -> ScannedFile:
        size = self._room + 2 * self._chunk
        return ScannedFile(size, PADDING, self._chunk, IRREGULAR_ROOM * size)

    def _fill(self, file: ScannedFile, descriptor: int | None) -> int:
        """Read on into the buffer; how many bytes."""
        state = file.state
        size = min(self._chunk, file.size - state.held, state.end - state.position)
        room = file.buffer[state.held : state.held + size]
        if descriptor is None:
            count = self.source.fill(room)
            self.bytes += count
        else:
            try:
                count = os.preadv(descriptor, [room], state.position) if size else 0
            except OSError as error:
                raise self._failed(error.errno or 0) from error
            self._was_read(count)
        state.held += count
        state.position += count
        return count

    def _count_on(self, part: int, file: ScannedFile, descriptor: int) -> ScanOutcome:
        file.state.descriptor, file.state.limit = descriptor, LIMIT
        made, outcome = self._counters[part].read_file(file)
        self._was_read(LIMIT - file.state.limit)
        self._hand_on(_weighed(made, part))
        if outcome is ScanOutcome.FAILED:
            raise self._failed(file.state.error)
        return outcome

    def _failed(self, error: int) -> InputError:
        return InputError(f"{self.source.name}: cannot be read: {os.strerror(error)}")

    def _was_read(self, count: int) -> None:
        with self._lock:
            self.bytes += count
            self.source.was_read(count)


def _weighed(made: Sequence[RecordGroups], part: int = 0) -> Sequence[tuple[RecordGroups, int]]:
    return [(replace(each, part=part) if part else each, each.weight) for each in made]


def part_starts(source: Source, parts: int) -> list[int]:
    """Offsets of record starts that cut a plain file into about equal parts.

    There are fewer where no record starts near a border.

    A cut there is one that reading in one go makes too, whatever the text.
    """
    descriptor, size = source.descriptor, source.size
    if descriptor is None or size is None:
        return [0]
    starts = [0]
    for part in range(1, parts):
        start = _record_start(descriptor, max(size * part // parts, starts[-1] + 1))
        if start is None:
            break
        starts.append(start)
    return starts


def _record_start(descriptor: int, at: int) -> int | None:
    """The first record start behind an offset, where there is one within SEARCHED."""
    text = os.pread(descriptor, SEARCHED, at)
    found = text.find(b"\n\n" + START)
    return None if found < 0 else at + found + 2


def open_group_stream(
    source: Source, *, compared: bool = False, threads: int = 1
) -> Pipeline[RecordGroups]:
    """The stream that counts `source`, past Python where it is a plain file, and then by threads.

    `compared`: see GroupReader; what it sets apart has an order, so one thread counts.
    """
    if not source.is_plain:
        return GroupStream(source, compared=compared)
    parts = 1 if compared else max(1, min(threads, (source.size or 0) // PART))
    starts = part_starts(source, parts)
    return FileGroupStream(source, FILE_CHUNK, compared=compared, starts=starts)
