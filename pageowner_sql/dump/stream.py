"""A source -> its chunks in order, read and parsed in threads of their own, in bounded memory."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, Self, TypeVar

import numpy as np

from pageowner_sql.dump.digest import Digest, Digester
from pageowner_sql.dump.digits import Bytes
from pageowner_sql.dump.records import Chunk, RecordReader
from pageowner_sql.dump.regions import PADDING
from pageowner_sql.dump.source import Source

T = TypeVar("T")

CHUNK = 12 << 20
ROOM = 1 << 20
BUFFERS = 4
HEAD = 1 << 20

# How far parsing may run ahead of who takes what was parsed, in bytes of digests.
AHEAD = 48 << 20


class _Stopped(Exception):
    """The consumer has gone; threads end quietly."""


class _Pipe(Generic[T]):
    """A queue between two threads, of so much weight at most; carries the end and failures too."""

    def __init__(self, most: int) -> None:
        self._items: deque[tuple[T | BaseException | None, int]] = deque()
        self._most = most
        self._weight = 0
        self._changed = threading.Condition()
        self._stopped = False

    def put(self, item: T | BaseException | None, weight: int = 1) -> None:
        """Wait for room; what is too heavy waits until it is alone."""
        with self._changed:
            while not self._stopped and self._items and self._weight + weight > self._most:
                self._changed.wait()
            if self._stopped:
                raise _Stopped
            self._items.append((item, weight))
            self._weight += weight
            self._changed.notify_all()

    def get(self) -> T | None:
        with self._changed:
            while not self._stopped and not self._items:
                self._changed.wait()
            if self._stopped:
                raise _Stopped
            item, weight = self._items.popleft()
            self._weight -= weight
            self._changed.notify_all()
        if isinstance(item, BaseException):
            raise item
        return item

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class _Stream(Generic[T]):
    """Iterate to get what is made of each chunk.

    After the last one `bytes`, `sha256` (if `hashed`) and `head_sha256` (of the first MiB) are
    those of the whole text, and `reader` tells layouts and positions.
    """

    def __init__(
        self, source: Source, chunk: int, room: int, *, hashed: bool, buffers: int, ahead: int
    ) -> None:
        self.source = source
        self._hashed = hashed
        self.reader = RecordReader(source.name, room)
        self._chunk = chunk
        self._buffers = buffers
        self._room = room
        self._hash = hashlib.sha256()
        self._head = hashlib.sha256()
        self.bytes = 0
        self._started = False
        self._free: _Pipe[Bytes] = _Pipe(buffers)
        self._filled: _Pipe[tuple[Bytes, int]] = _Pipe(buffers)
        self._parsed: _Pipe[tuple[T, Bytes | None]] = _Pipe(ahead)
        self._threads = [
            threading.Thread(target=self._guard, args=(work, pipe), daemon=True)
            for work, pipe in ((self._read, self._filled), (self._parse, self._parsed))
        ]

    @property
    def sha256(self) -> str:
        """SHA-256 of the text, in hex."""
        return self._hash.hexdigest()

    @property
    def head_sha256(self) -> str:
        """SHA-256 of the text's first MiB, in hex."""
        return self._head.hexdigest()

    @staticmethod
    def _guard(work: Callable[[], None], pipe: _Pipe[T]) -> None:
        try:
            work()
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # handed on and raised by the consumer
            with suppress(_Stopped):
                pipe.put(error)

    def _read(self) -> None:
        while (buffer := self._free.get()) is not None:
            count = self.source.fill(buffer.data[self._room : self._room + self._chunk])
            text = buffer[self._room : self._room + count]
            if self._hashed:
                self._hash.update(text.data)
            if self.bytes < HEAD:
                self._head.update(text[: HEAD - self.bytes].data)
            self.bytes += count
            self._filled.put((buffer, count))
            if not count:
                return

    def _parse(self) -> None:
        kept = np.zeros(0, np.uint8)
        while (item := self._filled.get()) is not None:
            buffer, count = item
            start = self._room - len(kept)
            buffer[start : self._room] = kept
            length = len(kept) + count
            chunk, done = self.reader.read(buffer[start:], length, last=not count)
            kept = buffer[start + done : start + length].copy()
            self._hand_on(chunk, buffer)
            if not count:
                self._parsed.put(None)
                return

    def _hand_on(self, chunk: Chunk, buffer: Bytes) -> None:
        """Give what is made of the chunk to the consumer, and the buffer back when it can be."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to read ahead, before the first chunk is asked for."""
        if self._started:
            return
        self._started = True
        for _ in range(self._buffers):
            self._free.put(np.zeros(self._room + self._chunk + PADDING, np.uint8))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the reading, wherever it is."""
        for pipe in (self._free, self._filled, self._parsed):
            pipe.stop()
        # A read from a FIFO or a terminal cannot be called off: that thread is left behind.
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=1)

    def __iter__(self) -> Iterator[T]:
        self.start()
        try:
            while (item := self._parsed.get()) is not None:
                made, buffer = item
                yield made
                if buffer is not None:
                    self._free.put(buffer)
        finally:
            self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class ChunkStream(_Stream[Chunk]):
    """The chunks themselves; a batch's buffers are good until the next chunk is asked for."""

    def __init__(self, source: Source, chunk: int = CHUNK, room: int = ROOM) -> None:
        super().__init__(source, chunk, room, hashed=True, buffers=BUFFERS, ahead=1)

    def _hand_on(self, chunk: Chunk, buffer: Bytes) -> None:
        self._parsed.put((chunk, buffer))


class DigestStream(_Stream[Digest]):
    """A digest of each chunk, as far ahead as memory allows."""

    def __init__(
        self, source: Source, chunk: int = CHUNK, room: int = ROOM, *, hashed: bool = True
    ) -> None:
        super().__init__(source, chunk, room, hashed=hashed, buffers=BUFFERS, ahead=AHEAD)
        self._digester = Digester()

    def _hand_on(self, chunk: Chunk, buffer: Bytes) -> None:
        digest = self._digester.digest(chunk)
        self._free.put(buffer)
        self._parsed.put((digest, None), digest.weight)
