"""Stopping what DuckDB does, at a signal or after a time, from another thread.

A signal's handler in Python waits until DuckDB returns, and a large join returns when it has ended.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import duckdb

from pageowner_sql.errors import DatabaseError

# Seconds until the next interrupt: one between two statements has no effect.
INSISTING = 0.05

Config = dict[str, str | bool | int | float | list[str]]

# Each connection, and the thread that made it.
_connections: weakref.WeakKeyDictionary[duckdb.DuckDBPyConnection, int] = (
    weakref.WeakKeyDictionary()
)


def interruptible(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same connection, which `interrupt_all` and `interrupt_thread` know from now on."""
    _connections[connection] = threading.get_ident()
    return connection


def connect(path: str, config: Config, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the DuckDB file at `path`, which can be interrupted and draws nothing.

    `config` are DuckDB's settings. Raises duckdb.Error.
    """
    connection = interruptible(duckdb.connect(path, read_only=read_only, config=config))
    # Where Python runs without a script (`-c`, a REPL), it would be on standard output. DuckDB
    # refuses any change where it can draw none: in a notebook without ipywidgets.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    return connection


def interrupt_all() -> None:
    """Interrupt what each connection of this process does now."""
    _interrupt(connection for connection, _ in list(_connections.items()))


def interrupt_thread(thread: int) -> None:
    """Interrupt what the connections do that a thread has made."""
    _interrupt(each for each, maker in list(_connections.items()) if maker == thread)


def _interrupt(connections: Iterable[duckdb.DuckDBPyConnection]) -> None:
    for connection in connections:
        with suppress(duckdb.Error):
            connection.interrupt()


def thread_progress(thread: int) -> float | None:
    """The share of the statement that a thread is at which is done; None where nobody knows."""
    known = [-1.0]
    for connection, maker in list(_connections.items()):
        if maker == thread:
            with suppress(duckdb.Error):
                known.append(connection.query_progress() / 100)
    return min(max(known), 1.0) if max(known) >= 0 else None


_stopped = threading.Event()


@contextmanager
def stop_others() -> Iterator[None]:
    """While this lasts, `check_stop` ends what other threads do between two statements."""
    _stopped.set()
    try:
        yield
    finally:
        _stopped.clear()


def check_stop() -> None:
    """Raise KeyboardInterrupt where the work of this thread is to end."""
    if _stopped.is_set():
        raise KeyboardInterrupt


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the body of the `with` after this many seconds. Raises DatabaseError then."""
    done, expired = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        expired.set()
        while not done.wait(INSISTING):
            interrupt_all()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    # DuckDB makes an error of its own of what interrupts a scan of another connection's rows.
    except (KeyboardInterrupt, Exception) as error:
        if expired.is_set():
            raise DatabaseError(
                f"took longer than {seconds:g} seconds; allow more with --timeout"
            ) from error
        raise
    finally:
        done.set()
        watcher.join()
