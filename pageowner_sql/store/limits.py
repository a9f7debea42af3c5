"""How much memory DuckDB may take, so that all of a process stays within what was asked for."""

from __future__ import annotations

import os

from pageowner_sql.errors import UsageError

# What a load takes beside DuckDB: the interpreter, its libraries, the chunks being read.
BESIDE = 176 << 20
LEAST = 256 << 20
MOST_BY_DEFAULT = 4 << 30


def memory_settings(limit: int | None) -> dict[str, str]:
    """DuckDB's settings for a process that may take `limit` bytes, None for a sensible part."""
    if limit is None:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        limit = max(LEAST, min(machine // 4, MOST_BY_DEFAULT))
    if limit < LEAST:
        raise UsageError(f"--memory-limit: {limit:,} bytes are too few; give 256M or more")
    return {"memory_limit": f"{(limit - BESIDE) >> 10}KiB"}
