"""A source -> what a reader makes of its chunks, in order, by threads, in bounded memory."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, Self, TypeVar

from pageowner_sql.dump.regions import PADDING, RegionReader
from pageowner_sql.dump.source import Source
from pageowner_sql.native.library import anonymous

T = TypeVar("T")
# Pipeline._make, of whichever reader.
Make = Callable[..., tuple[Sequence[tuple[Any, int]], int]]

ROOM = 1 << 20
BUFFERS = 3
HEAD = 1 << 20

# How far parsing may run ahead of who takes what was parsed, in bytes of what is made.
AHEAD = 20 << 20


class _Stopped(Exception):
    """The consumer has gone; threads end quietly."""


class _Pipe(Generic[T]):
    """A queue between two threads, of so much weight at most; carries the end and failures too."""

    def __init__(self, most: int) -> None:
        self._items: deque[tuple[T | BaseException | None, int]] = deque()
        self._most = most
        self._weight = 0
        self._changed = threading.Condition()
        self.stopped = False

    def put(self, item: T | BaseException | None, weight: int = 1) -> None:
        """Wait for room; an item that is too heavy waits until there is no other."""
        with self._changed:
            while not self.stopped and self._items and self._weight + weight > self._most:
                self._changed.wait()
            if self.stopped:
                raise _Stopped
            self._items.append((item, weight))
            self._weight += weight
            self._changed.notify_all()

    def get(self) -> T | None:
        with self._changed:
            while not self.stopped and not self._items:
                self._changed.wait()
            if self.stopped:
                raise _Stopped
            item, weight = self._items.popleft()
            self._weight -= weight
            self._changed.notify_all()
        if isinstance(item, BaseException):
            raise item
        return item

    def stop(self) -> None:
        with self._changed:
            self.stopped = True
            self._changed.notify_all()


class Pipeline(Generic[T]):
    """Iterate to get what is made of each chunk.

    After the last one `bytes`, `sha256` (if `hashed`) and `head_sha256` (of the first MiB) are
    those of the whole text, and `reader` tells layouts and positions.
    """

    def __init__(
        self, source: Source, reader: RegionReader, chunk: int, *, hashed: bool, ahead: int
    ) -> None:
        self.source = source
        self.reader = reader
        self._hashed = hashed
        self._chunk = chunk
        self._room = reader.room
        self._hash = hashlib.sha256()
        self._head = hashlib.sha256()
        self.bytes = 0
        self._started = False
        self._free: _Pipe[memoryview] = _Pipe(BUFFERS)
        self._filled: _Pipe[tuple[memoryview, int]] = _Pipe(BUFFERS)
        self._parsed: _Pipe[T] = _Pipe(ahead)
        self._threads = [
            threading.Thread(target=self._guard, args=(work, pipe), daemon=True)
            for work, pipe in self._work()
        ]

    def _work(self) -> Sequence[tuple[Callable[[], None], _Pipe[Any]]]:
        """What the threads do, each with the pipe that takes its failure."""
        return [(self._read, self._filled), (self._parse, self._parsed)]

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
            count = self.source.fill(buffer[self._room : self._room + self._chunk])
            text = buffer[self._room : self._room + count]
            if self._hashed:
                self._hash.update(text)
            if self.bytes < HEAD:
                self._head.update(text[: HEAD - self.bytes])
            self.bytes += count
            self._filled.put((buffer, count))
            if not count:
                return

    def _parse(self) -> None:
        kept = b""
        while (item := self._filled.get()) is not None:
            buffer, count = item
            start = self._room - len(kept)
            buffer[start : self._room] = kept
            length = len(kept) + count
            done = self._give(self._make, buffer[start:], length, last=not count)
            kept = bytes(buffer[start + done : start + length])
            self._free.put(buffer)
            if not count:
                self._parsed.put(None)
                return

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[T, int]], int]:
        """What is made of the text's beginning, each with its weight in bytes; how far it goes.

        `storage` reaches PADDING bytes behind `length`. The rest comes again with the next call.
        """
        raise NotImplementedError

    def _give(self, make: Make, storage: memoryview, length: int, *, last: bool) -> int:
        """Make of `storage[:length]` what can be made; how many of its bytes are done with."""
        at = 0
        while True:
            made, done = make(storage[at:], length - at, last=last)
            self._hand_on(made)
            at += done
            if not done or at == length:
                return at

    def _hand_on(self, made: Sequence[tuple[T, int]]) -> None:
        for each, weight in made:
            self._parsed.put(each, weight)

    def start(self) -> None:
        """Begin to read ahead, before the first chunk is asked for."""
        if self._started:
            return
        self._started = True
        for _ in range(BUFFERS):
            # Pages that nobody writes to are none.
            self._free.put(memoryview(anonymous(self._room + self._chunk + PADDING)))
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
            while (made := self._parsed.get()) is not None:
                yield made
        finally:
            self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
