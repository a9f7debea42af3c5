"""Samples of a running machine, taken again and again, into the database."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from pageowner_sql.captures import CaptureOptions, capture_into_database
from pageowner_sql.errors import DatabaseError
from pageowner_sql.live.machine import Machine
from pageowner_sql.live.sampler import Sample, Sampler
from pageowner_sql.output.plain import printable
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.store.samples import SampleWriter
from pageowner_sql.workspace import Say, Workspace

# Seconds of samples that a killed recording loses at most, beside the sample that it takes.
KEPT = 30
# Counts that wait for a database that somebody else holds; each takes about 100 bytes.
_MOST_WAITING = 1_000_000


@dataclass(frozen=True)
class RecordOptions:
    """What to record: `every` and `during` in seconds; `during` None goes on for good.

    `capture_every`: after so many samples page_owner itself is captured too; 0 for never.
    """

    every: float = 10
    during: float | None = None
    sources: tuple[str, ...] = ()
    root: str = "/"
    capture_every: int = 0


class Recording:
    """Takes samples until its time is over, or `stop` is set."""

    def __init__(self, space: Workspace, options: RecordOptions, say: Say) -> None:
        self.sampler = Sampler(Machine(options.root), options.sources or None)
        self.taken = 0
        self.stop = threading.Event()
        self._space = space
        self._options = options
        self._say = say
        self._writer = SampleWriter()
        self._waiting: list[list[Sample]] = []
        self._gone: list[str] = []
        self._written_at = time.monotonic()

    def run(self) -> None:
        """Take samples at whole multiples of `every`. What was taken is kept however it ends."""
        start = time.monotonic()
        try:
            while not self.stop.is_set():
                self._waiting.append(self._read())
                self.taken += 1
                if time.monotonic() - self._written_at >= KEPT - self._options.every / 2:
                    self._write()
                self._capture()
                if self._is_over():
                    break
                self.stop.wait(max(start + self.taken * self._options.every - time.monotonic(), 0))
        finally:
            self._write(last=True)

    def _read(self) -> list[Sample]:
        samples = self.sampler.read()
        there = {each.source for each in samples}
        gone = [str(each) for each in self.sampler.sources if each not in there]
        if gone and gone != self._gone:
            self._say(f"{', '.join(gone)}: cannot be read any more; the recording has a gap")
        self._gone = gone
        return samples

    def _is_over(self) -> bool:
        during = self._options.during
        return during is not None and self.taken * self._options.every >= during

    def _write(self, *, last: bool = False) -> None:
        if not self._waiting:
            return
        try:
            with self._space.writing() as database:
                self._writer.write(database, [each for taken in self._waiting for each in taken])
        except DatabaseError as error:
            if last:
                raise
            self._say(f"{error}; the samples wait")
            self._thin_out()
        else:
            self._waiting = []
        self._written_at = time.monotonic()

    def _thin_out(self) -> None:
        """Keep what waits within bounds, and the whole time in it."""
        if sum(len(each.counts) for taken in self._waiting for each in taken) > _MOST_WAITING:
            self._waiting = self._waiting[::2]
            self._say("too many samples wait; every other one is left out")

    def _capture(self) -> None:
        each = self._options.capture_every
        if each and self.taken % each == 0:
            self._write()
            options = CaptureOptions(root=self._options.root)
            capture_into_database(self._space, options, LoadOptions(label=""), self._say)


def record(space: Workspace, options: RecordOptions, say: Say) -> int:
    """Record until the time is over; how many times samples were taken."""
    recording = Recording(space, options, say)
    names = ", ".join(recording.sampler.sources)
    say(f"{printable(space.path)}: recording {names} every {options.every:g} s; Ctrl-C ends it")
    recording.run()
    return recording.taken
