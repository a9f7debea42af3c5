"""The memory that DuckDB may take, so that the whole process stays within its limit."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pageowner_sql.errors import UsageError

# What a load takes beside DuckDB: the interpreter, its libraries, the chunks being read.
BESIDE = 248 << 20
LEAST = 320 << 20
# What DuckDB needs to load any dump.
LEAST_FOR_DUCKDB = 88 << 20
MOST_BY_DEFAULT = 4 << 30
# The same where a dump is streamed into a file or a report: more would hold what is written.
MOST_TO_LOAD = 512 << 20


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def settings_of(memory_limit: int | None, threads: int | None) -> dict[str, str | int]:
    """DuckDB's settings for a limit of bytes and of threads; None sets no limit."""
    if threads is not None and threads < 1:
        raise UsageError(f"--threads: not a number of threads: {threads}; give 1 or more")
    return {
        **(memory_settings(memory_limit) if memory_limit is not None else {}),
        **({"threads": threads} if threads else {}),
    }


def memory_settings(limit: int | None, *, loads: bool = False) -> dict[str, str]:
    """DuckDB's settings for a process that may take `limit` bytes, None for a sensible part.

    `loads`: it streams dumps into a file or a report.
    """
    if limit is None:
        limit = min(_default(), MOST_TO_LOAD) if loads else _default()
    if limit < LEAST:
        raise UsageError(f"--memory-limit: {limit:,} bytes are too few; give 320M or more")
    return {"memory_limit": f"{max(limit - BESIDE, LEAST_FOR_DUCKDB) >> 10}KiB"}


def _default() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST, min(machine // 4, MOST_BY_DEFAULT))


@contextmanager
def memory_bound(limit: int | None = None) -> Iterator[None]:
    """Let the kernel refuse this process more than `limit` bytes on top of what it has now.

    DuckDB does not count all that it takes: a list of 3e9 numbers passes its own limit tenfold.
    """
    before = resource.getrlimit(resource.RLIMIT_DATA)
    soft = _data_bytes() + (limit or _default())
    if before[0] != resource.RLIM_INFINITY:
        soft = min(soft, before[0])
    resource.setrlimit(resource.RLIMIT_DATA, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data_bytes() -> int:
    """What RLIMIT_DATA counts of this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmData:")[2].split()[0]) << 10
