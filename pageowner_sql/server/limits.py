"""What requests together, and each of them, may take."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pageowner_sql.store.limits import memory_bound, processors


@dataclass(frozen=True)
class Limits:
    """Limits of a server.

    `seconds`: how long one answer may take. `at_once`: answers worked on at a time, with `waiting`
    more in a queue. `memory_limit`: bytes for all of them, as Session has it.
    `file_bytes`: how large a download may be. `idle`: seconds without a request after which the
    database is let go of, so that a `load` can have it.
    """

    seconds: float = 60.0
    at_once: int = max(2, processors())
    waiting: int = 32
    memory_limit: int | None = None
    file_bytes: int = 1 << 30
    idle: float = 1.0


@contextmanager
def process_bound(limits: Limits) -> Iterator[None]:
    """Let the kernel refuse this process more memory than it may take, and larger files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    soft = limits.file_bytes
    if before[1] != resource.RLIM_INFINITY:
        soft = min(soft, before[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1]))
    try:
        with memory_bound(limits.memory_limit):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
