"""Several readers of the live file, each with a range of PFNs at a time -> records in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pageowner_sql.live.page_owner_file import Block, End, LiveFile

# PFNs that a reader takes at once: with records of the greatest length, 8 MiB of text.
RANGE = 1 << 11


@dataclass(frozen=True)
class _RangeBlocks:
    """The records of one range."""

    blocks: tuple[Block, ...]
    done: int


class Throttle:
    """Lets through `rate` bytes a second; all of them where `rate` is None."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = time.monotonic()

    def wait(self, size: int, stop: threading.Event) -> None:
        """Wait until `size` more bytes may be read, or until `stop`."""
        if self._rate is None:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self._rate
            pause = self._free_at - now
        stop.wait(max(pause, 0))


class Readers:
    """Iterate to get the blocks of all records, in the order of their PFNs, each record once.

    Args:
        open_file: opens the live file; each of `count` readers has one of its own.
        start: the first PFN.
        throttle: keeps the readers slow.

    No more than two ranges a reader are held. Raises what a reader raises.
    """

    def __init__(
        self,
        open_file: Callable[[], LiveFile],
        count: int,
        *,
        start: int = 0,
        throttle: Throttle | None = None,
    ) -> None:
        self._open_file = open_file
        self._count = count
        self._throttle = throttle or Throttle(None)
        self._changed = threading.Condition()
        self._next = start
        self._given = 0
        self._taken = 0
        self._parts: dict[int, _RangeBlocks] = {}
        self._last: int | None = None
        self._failure: BaseException | None = None
        self._stopped = threading.Event()
        # Every PFN before it has been handed on.
        self.pfn = start
        self.records = 0
        self.bytes = 0

    def __iter__(self) -> Iterator[Block]:
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._count)]
        for thread in threads:
            thread.start()
        try:
            while (part := self._next_part()) is not None:
                for block in part.blocks:
                    self.records += block.records
                    self.bytes += len(block.text)
                    yield block
                self.pfn = max(self.pfn, part.done)
        finally:
            with self._changed:
                self._stopped.set()
                self._changed.notify_all()
            for thread in threads:
                thread.join()

    def _next_part(self) -> _RangeBlocks | None:
        with self._changed:
            while self._taken not in self._parts and self._failure is None:
                if self._last is not None and self._taken > self._last:
                    return None
                self._changed.wait()
            if self._failure is not None:
                raise self._failure
            part = self._parts.pop(self._taken)
            self._taken += 1
            self._changed.notify_all()
            return part

    def _work(self) -> None:
        try:
            file = self._open_file()
            try:
                while (given := self._take_range()) is not None:
                    self._read_range(file, *given)
            finally:
                file.close()
        except BaseException as error:  # noqa: BLE001  # handed on and raised by the consumer
            with self._changed:
                self._failure = self._failure or error
                self._changed.notify_all()

    def _take_range(self) -> tuple[int, int, int] | None:
        """The number of the next range, its first PFN and its end; None where all are taken."""
        with self._changed:
            while self._given - self._taken >= 2 * self._count and not self._is_over():
                self._changed.wait()
            if self._is_over():
                return None
            number, start = self._given, self._next
            self._given += 1
            # Ranges end at multiples of their length, where blocks do too.
            self._next = start // RANGE * RANGE + RANGE
            return number, start, self._next

    def _is_over(self) -> bool:
        return self._stopped.is_set() or self._failure is not None or self._last is not None

    def _read_range(self, file: LiveFile, number: int, start: int, end: int) -> None:
        file.go_to(start, end)
        blocks = []
        how = End.FULL
        while how is End.FULL and not self._stopped.is_set():
            block, how = file.read()
            self._throttle.wait(len(block.text), self._stopped)
            blocks.append(block)
        with self._changed:
            self._parts[number] = _RangeBlocks(tuple(blocks), end)
            if how is End.END:
                self._last = number if self._last is None else min(self._last, number)
            elif how is End.BEYOND:
                # Whole ranges without a record need no look.
                self._next = max(self._next, file.next // RANGE * RANGE)
            self._changed.notify_all()
