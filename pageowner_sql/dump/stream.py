"""A source -> its chunks, or digests of them: every record for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from pageowner_sql.dump.counted import Counted
from pageowner_sql.dump.digest import Digest, Digester, counted
from pageowner_sql.dump.pipe import AHEAD, ROOM, Stream
from pageowner_sql.dump.records import Chunk, RecordReader
from pageowner_sql.dump.source import Source

T = TypeVar("T")

CHUNK = 16 << 20


class _RecordStream(Stream[T]):
    """What is made of chunks of records."""

    def __init__(
        self, source: Source, chunk: int, room: int, *, hashed: bool, ahead: int = AHEAD
    ) -> None:
        self._records = RecordReader(source.name, room)
        super().__init__(source, self._records, chunk, hashed=hashed, ahead=ahead)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[T, int]], int]:
        chunk, done = self._records.read(np.frombuffer(storage, np.uint8), length, last=last)
        return self._of(chunk), done

    def _of(self, chunk: Chunk) -> Sequence[tuple[T, int]]:
        """What is made of a chunk, with weights."""
        raise NotImplementedError


class ChunkStream(_RecordStream[Chunk]):
    """The chunks themselves; a batch's buffers are good until the next chunk is asked for."""

    def __init__(self, source: Source, chunk: int = CHUNK, room: int = ROOM) -> None:
        super().__init__(source, chunk, room, hashed=True, ahead=1)

    def _of(self, chunk: Chunk) -> Sequence[tuple[Chunk, int]]:
        return [(chunk, 1)]

    def _hand_on(self, made: Sequence[tuple[Chunk, int]], buffer: memoryview) -> None:
        for chunk, weight in made:
            self._parsed.put((chunk, buffer), weight)


class DigestStream(_RecordStream[Digest]):
    """A digest of each chunk, as far ahead as memory allows."""

    def __init__(
        self, source: Source, chunk: int = CHUNK, room: int = ROOM, *, hashed: bool = True
    ) -> None:
        super().__init__(source, chunk, room, hashed=hashed)
        self._digester = Digester()

    def _of(self, chunk: Chunk) -> Sequence[tuple[Digest, int]]:
        digest = self._digester.digest(chunk)
        return [(digest, digest.weight)]


class CountedStream(_RecordStream[Counted]):
    """What `counting.CountingStream` gives, where nothing was compiled."""

    def __init__(self, source: Source, chunk: int = CHUNK, room: int = ROOM) -> None:
        super().__init__(source, chunk, room, hashed=False)
        self._digester = Digester()

    def _of(self, chunk: Chunk) -> Sequence[tuple[Counted, int]]:
        return [(each, each.weight) for each in counted(self._digester.digest(chunk))]
