"""A source -> how many of its records have the same texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from pageowner_sql.dump.group_memory import FileMemory
from pageowner_sql.dump.group_reader import MOST, CountReader
from pageowner_sql.dump.pipeline import AHEAD, ROOM, Stream
from pageowner_sql.dump.record_groups import Counted
from pageowner_sql.dump.scanner import Outcome
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError

CHUNK = 4 << 20
# Small enough to stay in the processor's cache between reading and counting.
FILE_CHUNK = 1 << 19
# How much of a file is counted before Python looks at what was odd.
LIMIT = 32 << 20


class CountingStream(Stream[Counted]):
    """How many of a dump's records are alike, handed on when all are counted, or too many held."""

    def __init__(
        self,
        source: Source,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        most: int = MOST,
        compared: bool = False,
    ) -> None:
        self._counter = CountReader(source.name, room, most=most, compared=compared)
        super().__init__(source, self._counter, chunk, hashed=False, ahead=AHEAD)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Counted, int]], int]:
        made, done = self._counter.read(storage, length, last=last)
        return _weighed(made), done


class FileCountingStream(CountingStream):
    """The same of a plain file, in one thread that hardly ever needs Python's lock."""

    def _work(self) -> Sequence[tuple[Callable[[], None], Any]]:
        return [(self._count, self._parsed)]

    def _count(self) -> None:
        file, last = FileMemory(self._room, self._chunk), False
        while not last and not self._parsed.stopped:
            descriptor = self.source.descriptor
            if descriptor is not None and self._counter.steady:
                outcome = self._count_on(file, descriptor)
                if outcome not in (Outcome.END, Outcome.LONG):
                    continue
                last = outcome is Outcome.END
            else:
                room = file.buffer[file.state.held : file.size][: self._chunk]
                count = self.source.fill(room)
                self.bytes += count
                file.state.held += count
                last = not count
            file.drop(self._give(file.buffer, file.state.held, last=last))
        self._parsed.put(None)

    def _count_on(self, file: FileMemory, descriptor: int) -> Outcome:
        file.state.descriptor, file.state.limit = descriptor, LIMIT
        made, outcome = self._counter.read_file(file)
        count = LIMIT - file.state.limit
        self.bytes += count
        self.source.was_read(count)
        self._hand_on(_weighed(made))
        if outcome is Outcome.FAILED:
            reason = os.strerror(file.state.error)
            raise InputError(f"{self.source.name}: cannot be read: {reason}")
        return outcome


def _weighed(made: Sequence[Counted]) -> Sequence[tuple[Counted, int]]:
    return [(each, each.weight) for each in made]


def counting(source: Source, *, compared: bool = False) -> Stream[Counted]:
    """The stream that counts `source`, past Python where it is a plain file.

    `compared`: see CountReader.
    """
    if source.is_plain:
        return FileCountingStream(source, FILE_CHUNK, compared=compared)
    return CountingStream(source, compared=compared)
