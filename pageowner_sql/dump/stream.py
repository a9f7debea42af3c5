"""A source -> its chunks, or digests of them: every record for itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pageowner_sql.dump.counted import Counted
from pageowner_sql.dump.digest import Digest, Digester, counted
from pageowner_sql.dump.pipe import AHEAD, ROOM, Stream
from pageowner_sql.dump.records import Chunk, RecordReader
from pageowner_sql.dump.source import Source

CHUNK = 16 << 20


class ChunkStream(Stream[Chunk]):
    """The chunks themselves; a batch's buffers are good until the next chunk is asked for."""

    def __init__(self, source: Source, chunk: int = CHUNK, room: int = ROOM) -> None:
        self._records = RecordReader(source.name, room)
        super().__init__(source, self._records, chunk, hashed=True, ahead=1)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Chunk, int]], int]:
        chunk, done = self._records.read(np.frombuffer(storage, np.uint8), length, last=last)
        return [(chunk, 1)], done

    def _hand_on(self, made: Sequence[tuple[Chunk, int]], buffer: memoryview) -> None:
        for chunk, weight in made:
            self._parsed.put((chunk, buffer), weight)


class DigestStream(Stream[Digest]):
    """A digest of each chunk, as far ahead as memory allows."""

    def __init__(
        self, source: Source, chunk: int = CHUNK, room: int = ROOM, *, hashed: bool = True
    ) -> None:
        self._records = RecordReader(source.name, room)
        super().__init__(source, self._records, chunk, hashed=hashed, ahead=AHEAD)
        self._digester = Digester()

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Digest, int]], int]:
        chunk, done = self._records.read(np.frombuffer(storage, np.uint8), length, last=last)
        digest = self._digester.digest(chunk)
        return [(digest, digest.weight)], done


class CountedStream(Stream[Counted]):
    """What `counting.CountingStream` gives, where nothing was compiled."""

    def __init__(self, source: Source, chunk: int = CHUNK, room: int = ROOM) -> None:
        self._records = RecordReader(source.name, room)
        super().__init__(source, self._records, chunk, hashed=False, ahead=AHEAD)
        self._digester = Digester()

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Counted, int]], int]:
        chunk, done = self._records.read(np.frombuffer(storage, np.uint8), length, last=last)
        found = counted(self._digester.digest(chunk))
        return [(each, each.weight) for each in found], done
