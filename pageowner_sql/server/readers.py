"""Sessions for requests: a limited number, each with a time limit, stopped when nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TypeVar

from pageowner_sql.api import Session
from pageowner_sql.errors import MemoryLimitError, PageOwnerError, UnloadedSamplesError
from pageowner_sql.server.limits import Limits
from pageowner_sql.server.shared_database import SampleCopy, SharedDatabase
from pageowner_sql.store.interrupts import INSISTING, interrupt_thread, thread_progress

T = TypeVar("T")
# What is done with a session, and with a list that gets the lines which it has for people.
Work = Callable[[Session, list[str]], T]


class BusyError(PageOwnerError):
    """More requests wait than may."""


class TimeLimitError(PageOwnerError):
    """An answer took longer than it may."""


class StoppedError(PageOwnerError):
    """The client of the request has gone."""


class _Job:
    """Work on its way in a thread, which can be stopped from another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._stopped = threading.Event()

    def run(self, work: Callable[[], T]) -> T:
        """Do the work in this thread. Raises StoppedError where it was stopped."""
        with self._lock:
            if self._stopped.is_set():
                raise StoppedError("stopped")
            self._thread = threading.get_ident()
        try:
            return work()
        except MemoryError as error:
            raise MemoryLimitError("too little memory for this answer") from error
        except (KeyboardInterrupt, Exception) as error:
            # DuckDB makes an error of its own of what interrupts a scan of other rows.
            if self._stopped.is_set() or isinstance(error, KeyboardInterrupt):
                raise StoppedError("stopped") from error
            raise
        finally:
            with self._lock:
                self._thread = None

    def progress(self) -> float | None:
        """The share of its statement that is done, where DuckDB tells."""
        thread = self._thread
        return None if thread is None else thread_progress(thread)

    def stop(self) -> None:
        """Interrupt the statement that the work is at; it may begin another, so do it again."""
        with self._lock:
            self._stopped.set()
            if self._thread is not None:
                interrupt_thread(self._thread)


class ReaderPool:
    """A database that requests read at the same time; opened when asked, closed when idle."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="reader")
        self._database = SharedDatabase(path, limits.memory_limit)
        self._samples = SampleCopy(path, self._database, limits.memory_limit)
        self._waiting = 0
        self._named: dict[str, _Job] = {}
        self._idle: asyncio.TimerHandle | None = None

    def progress(self, name: str) -> float | None:
        """The share that is done of the statement which work of that name is at, 0 to 1.

        None where there is no such work, or DuckDB does not tell.
        """
        job = self._named.get(name)
        return job.progress() if job else None

    async def run(
        self, work: Work[T], gone: Callable[[], Awaitable[bool]], name: str | None = None
    ) -> T:
        """What `work` makes of a session of its own; `progress` finds it by `name`.

        Samples that the work is about become dumps, in a copy of the database.
        Raises BusyError, UnavailableError, TimeLimitError, StoppedError once `gone` says so, and
        what `work` raises.
        """
        if self._waiting >= self.limits.at_once + self.limits.waiting:
            raise BusyError("too many requests at once; try again in a moment")
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        job = _Job()
        self._waiting += 1
        if name is not None:
            self._named[name] = job
        try:
            # No name for the future here: see _watched.
            return await self._watched(
                loop.run_in_executor(self._threads, self._read, work, job), job, gone
            )
        finally:
            self._waiting -= 1
            if name is not None:
                self._named.pop(name, None)
            if not self._waiting:
                self._idle = loop.call_later(self.limits.idle, self._release)

    async def _watched(
        self, task: asyncio.Future[T], job: _Job, gone: Callable[[], Awaitable[bool]]
    ) -> T:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.limits.seconds
        why: PageOwnerError | None = None
        pause = 0.005
        while not task.done():
            try:
                await asyncio.wait([task], timeout=pause)
                pause = min(2 * pause, INSISTING)
                if why is None and loop.time() > end:
                    why = TimeLimitError(
                        f"took longer than {self.limits.seconds:g} seconds, and was stopped"
                    )
                elif why is None and await gone():
                    why = StoppedError("stopped")
            except asyncio.CancelledError:
                why = StoppedError("stopped")
            if why is not None:
                job.stop()
        try:
            return task.result()
        except StoppedError as error:
            raise why or error from error
        finally:
            # Errors hold this frame, and what they interrupted holds the database open; if the
            # frame held them, too, all of it would stay until the garbage collector comes by.
            del task, why

    def _read(self, work: Work[T], job: _Job) -> T:
        samples: tuple[str, ...] = ()
        while True:
            said: list[str] = []
            try:
                # Opening is not interrupted: half of it would keep the file.
                with self._reader(samples, said) as reader:
                    return job.run(lambda: work(reader, said))  # noqa: B023  # run at once
            except UnloadedSamplesError as error:
                if set(error.words) <= set(samples):
                    raise
                samples = (*samples, *error.words)

    def _reader(self, samples: tuple[str, ...], said: list[str]) -> AbstractContextManager[Session]:
        if samples:
            return self._samples.reader(samples, said.append)
        return self._database.reader(said.append)

    def _release(self) -> None:
        """Let go of the files; the next request opens them again."""
        self._idle = None
        self._database.let_go()
        self._samples.let_go()

    async def close(self) -> None:
        """Stop taking work, and let go of the file."""
        if self._idle is not None:
            self._idle.cancel()
        await asyncio.to_thread(self._threads.shutdown)
        with suppress(PageOwnerError):
            self._release()
            self._samples.close()
