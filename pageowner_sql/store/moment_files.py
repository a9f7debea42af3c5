"""The processes and modules of a captured machine -> tables, beside their dump."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pageowner_sql.dump.fields import escape
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database

# USER_HZ is 100 on every architecture that has page_owner.
_TICK = 10_000_000
_ESCAPED = re.compile(rb"\\(.)")


def keep_moment_files(database: Database, dump_id: int, files: Mapping[str, bytes]) -> list[str]:
    """Fill the tables that these files are of; the names of those that had rows."""
    kept = []
    with database.transaction():
        for name, (read, columns) in _READERS.items():
            lines = files.get(name, b"").splitlines()
            rows = [row for line in lines if (row := read(line)) is not None]
            if not rows:
                continue
            cells: dict[str, tuple[str, list[Any]]] = {"dump_id": ("int", [dump_id] * len(rows))}
            for at, (column, kind) in enumerate(columns.items()):
                cells[column] = (kind, [row[at] for row in rows])
            database.append(name, table(cells))
            kept.append(name)
    return kept


def _read_process(line: bytes) -> tuple[int, str, int, str] | None:
    words = line.split(b"\t", 3)
    if len(words) < 4 or not (_is_number(words[0]) and _is_number(words[1])):
        return None
    # As /proc/TGID/status writes it.
    comm = _ESCAPED.sub(lambda found: b"\n" if found[1] == b"n" else found[1], words[3])
    return int(words[0]), escape(comm), int(words[1]) * _TICK, escape(words[2])


def _read_module(line: bytes) -> tuple[str, int, int | None] | None:
    words = line.split()
    if len(words) < 3 or not _is_number(words[1]):
        return None
    return escape(words[0]), int(words[1]), int(words[2]) if _is_number(words[2]) else None


def _is_number(word: bytes) -> bool:
    """Whether a word is a number that a table can hold, ticks of any uptime among them."""
    return word.isdigit() and len(word) <= 10


_READERS: Mapping[str, tuple[Callable[[bytes], tuple[Any, ...] | None], Mapping[str, str]]] = {
    "processes": (
        _read_process,
        {"tgid": "int", "comm": "text", "start_ts": "int", "cgroup": "text"},
    ),
    "modules": (_read_module, {"module": "text", "bytes": "int", "uses": "int"}),
}
