"""A source -> its chunks in order, read and parsed in threads of their own, in bounded memory."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import numpy as np

from pageowner_sql.dump.digits import Bytes
from pageowner_sql.dump.records import Chunk, RecordReader
from pageowner_sql.dump.regions import PADDING
from pageowner_sql.dump.source import Source

T = TypeVar("T")

CHUNK = 12 << 20
ROOM = 1 << 20
BUFFERS = 4
HEAD = 1 << 20


class _Stopped(Exception):
    """The consumer has gone; threads end quietly."""


class _Pipe(Generic[T]):
    """A bounded queue between two threads that also carries the end, failures and a stop."""

    def __init__(self, stop: threading.Event, size: int) -> None:
        self._queue: queue.Queue[T | BaseException | None] = queue.Queue(size)
        self._stop = stop

    def put(self, item: T | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return
            except queue.Full:
                continue
        raise _Stopped

    def get(self) -> T | None:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item
        raise _Stopped


class ChunkStream:
    """Iterate to get each Chunk; its batches' buffers are good until the next is asked for.

    After the last one `bytes`, `sha256` (if `hashed`) and `head_sha256` (of the first MiB) are
    those of the whole text, and `reader` tells layouts and positions.
    """

    def __init__(
        self,
        source: Source,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        hashed: bool = True,
        buffers: int = BUFFERS,
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
        self._stop = threading.Event()
        self._free: _Pipe[Bytes] = _Pipe(self._stop, BUFFERS)
        self._filled: _Pipe[tuple[Bytes, int]] = _Pipe(self._stop, BUFFERS)
        self._parsed: _Pipe[tuple[Chunk, Bytes]] = _Pipe(self._stop, 1)
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

    def _guard(self, work: Callable[[], None], pipe: _Pipe[T]) -> None:
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
            self._parsed.put((chunk, buffer))
            if not count:
                self._parsed.put(None)
                return

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
        self._stop.set()
        # A read from a FIFO or a terminal cannot be called off: that thread is left behind.
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=1)

    def __iter__(self) -> Iterator[Chunk]:
        self.start()
        try:
            while (item := self._parsed.get()) is not None:
                yield item[0]
                self._free.put(item[1])
        finally:
            self.stop()

    def __enter__(self) -> ChunkStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
