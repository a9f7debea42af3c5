"""A database that requests read at the same time, and one in which samples are dumps too."""

from __future__ import annotations

import errno
import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pageowner_sql.api import Session
from pageowner_sql.errors import (
    DatabaseError,
    LabelError,
    MemoryLimitError,
    PageOwnerError,
    UsageError,
)
from pageowner_sql.workspace import Say, say_nothing

# Readers of one opening. Each takes some of the connections that tell how far a statement is, of
# which a sandbox has a number for good.
_MOST_READERS = 12
# Samples that are dumps at a time.
MOST_SAMPLES = 200


class UnavailableError(PageOwnerError):
    """The database cannot be opened now: a load holds it, or it is not there."""


class SharedDatabase:
    """A database that is opened when somebody reads, and closed by `let_go` or for good."""

    def __init__(self, path: Path, memory_limit: int | None) -> None:
        self._path = path
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._reading = 0
        self._taken = 0
        self._is_over = False

    @contextmanager
    def reader(self, say: Say) -> Iterator[Session]:
        """A session of one's own. Raises UnavailableError."""
        reader = self.take(say)
        try:
            yield reader
        finally:
            self.give_back(reader)

    def take(self, say: Say) -> Session:
        """A session, which is to be given back. Raises UnavailableError."""
        with self._lock:
            try:
                if self._session is None:
                    self._session = Session(
                        self._path, sandbox=True, memory_limit=self._memory_limit
                    )
                reader = self._session.reader(say)
            except BaseException as error:
                if not self._reading:
                    self._close()
                if isinstance(error, DatabaseError):
                    raise UnavailableError(str(error)) from error
                raise
            self._reading += 1
            self._taken += 1
            return reader

    def give_back(self, reader: Session) -> None:
        """Close a session that `take` gave."""
        try:
            reader.close()
        finally:
            with self._lock:
                self._reading -= 1
                is_spent = self._is_over or self._taken >= _MOST_READERS
                if is_spent and not self._reading:
                    self._close()

    def let_go(self) -> None:
        """Close the file if nobody reads; who reads next opens it again."""
        with self._lock:
            if self._session is not None and not self._reading:
                self._close()
                # Results of what was stopped keep the file as long as there is a traceback of it.
                gc.collect()

    def end(self) -> None:
        """Close the file once nobody reads."""
        self._is_over = True
        self.let_go()

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
            self._taken = 0


class SampleCopy:
    """A copy of a database with samples as dumps, which a sandbox could not load.

    It is made when samples are asked for, and again for more of them or when the database has
    changed. The words of those that were asked for before stay, so numbers of stacks do.
    """

    def __init__(self, path: Path, original: SharedDatabase, memory_limit: int | None) -> None:
        self._path = path
        self._original = original
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._keeper: Session | None = None
        self._database: SharedDatabase | None = None
        self._words: tuple[str, ...] = ()
        self._made_of: tuple[int, int, int] | None = None

    @contextmanager
    def reader(self, words: Sequence[str], say: Say) -> Iterator[Session]:
        """A session in whose database the samples that `words` mean are dumps.

        Raises LabelError, UsageError, UnavailableError.
        """
        with self._lock:
            database = self._holding(tuple(dict.fromkeys(words)))
            # Now, since another request may replace the copy.
            reader = database.take(say)
        try:
            yield reader
        finally:
            database.give_back(reader)

    def _holding(self, words: tuple[str, ...]) -> SharedDatabase:
        if len(words) > MOST_SAMPLES:
            raise UsageError(f"{len(words)} samples at once; choose {MOST_SAMPLES} at most")
        made_of = self._state()
        is_there = made_of == self._made_of and set(words) <= set(self._words)
        if self._database is not None and is_there:
            return self._database
        before = self._words
        self._remove()
        more = tuple(dict.fromkeys((*before, *words)))
        try:
            made = self._make(more if len(more) <= MOST_SAMPLES else words)
        except LabelError:
            # One that was asked for before may have gone.
            made = self._make(words)
        self._made_of = made_of
        return made

    def _make(self, words: tuple[str, ...]) -> SharedDatabase:
        # While somebody reads it, nobody changes it.
        with self._original.reader(say_nothing) as reader:
            keeper = reader.reader(loads=True)
            return self._filled(keeper, words)

    def _filled(self, keeper: Session, words: tuple[str, ...]) -> SharedDatabase:
        try:
            keeper.find(*words)
            file = keeper.let_go()
        except BaseException as error:
            keeper.close()
            if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
                raise MemoryLimitError(
                    f"{self._path}: too large to be copied, as samples need it; "
                    f"name them at the start: pageowner-sql serve @TIME"
                ) from error
            if isinstance(error, DatabaseError):
                raise UnavailableError(str(error)) from error
            raise
        self._keeper, self._words = keeper, words
        self._database = SharedDatabase(file, self._memory_limit)
        return self._database

    def _state(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise UnavailableError(f"{self._path}: no such database") from error
        return found.st_ino, found.st_size, found.st_mtime_ns

    def let_go(self) -> None:
        """Close the copy's file if nobody reads."""
        with self._lock:
            if self._database is not None:
                self._database.let_go()

    def close(self) -> None:
        """Remove the copy."""
        with self._lock:
            self._remove()

    def _remove(self) -> None:
        # Who still reads has the file open, and needs no name of it.
        if self._database is not None:
            self._database.end()
        if self._keeper is not None:
            self._keeper.close()
        self._database = self._keeper = None
        self._words = ()
