"""A source -> its records, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql.dump.pipeline import AHEAD, ROOM, Stream
from pageowner_sql.dump.record_reader import Chunk, RecordReader
from pageowner_sql.dump.source import Source

CHUNK = 16 << 20


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
        return [(chunk, chunk.weight)], done
