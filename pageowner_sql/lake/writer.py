"""Dumps into a lake: loaded by this program's own reader, a batch of dumps a commit.

A dump is in the lake once table dumps has its row. That row is written last, so rows of a writer
that was killed belong to no dump; `compact` removes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pageowner_sql.errors import InputError
from pageowner_sql.lake.dump_rows import DumpRows, distinct, join_rows
from pageowner_sql.open_files import protect_input

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from pageowner_sql.lake.delta import DeltaLake

# A commit's rows in memory, and its dumps: small files are what a lake suffers from.
HEAVY: Final = 256 << 20
MOST: Final = 256


@dataclass(frozen=True)
class BatchOutcome:
    """How a batch ended: hashes of the texts that are new, and of those that were there before."""

    added: frozenset[str]
    known: frozenset[str]


def known_dumps(lake: DeltaLake, hashes: Iterable[str]) -> dict[str, str]:
    """Hash of the text -> host, of those dumps among `hashes` that the lake has."""
    rows = _among(lake.open("dumps"), "sha256", sorted(set(hashes)), ["sha256", "host"])
    return dict(zip(rows["sha256"].to_pylist(), rows["host"].to_pylist(), strict=True))


def write_dumps(lake: DeltaLake, batch: Sequence[DumpRows]) -> BatchOutcome:
    """Add the rows of dumps, each dump once, whoever else adds it at the same time."""
    stacks = distinct(join_rows(list(batch), "stacks"), "stack_key")
    lake.append_new("stacks", lambda table: _missing(table, stacks, "stack_key"))
    for name in ("groups", "records"):
        rows = join_rows(list(batch), name)
        if rows is not None and len(rows):
            lake.append(name, rows)
    dumps = distinct(join_rows(list(batch), "dumps"), "sha256")
    added = lake.append_new("dumps", lambda table: _missing(table, dumps, "sha256"))
    new = frozenset(added["sha256"].to_pylist())
    return BatchOutcome(new, frozenset(rows.sha256 for rows in batch) - new)


def _missing(table: DeltaTable, rows: Any, key: str) -> Any:
    """The rows whose key the table does not have."""
    import pyarrow.compute as pc

    known = _among(table, key, rows[key].to_pylist(), [key])
    return rows.filter(pc.invert(pc.is_in(rows[key], value_set=known[key].combine_chunks())))


def _among(table: DeltaTable, key: str, values: Sequence[str], columns: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pc.is_in(pc.field(key), value_set=pa.array(values, pa.string()))
    return table.to_pyarrow_dataset().to_table(columns=columns, filter=wanted)


class Batch:
    """Rows of dumps that wait for their commit. `tell` gets what each commit wrote."""

    def __init__(self, lake: DeltaLake, tell: Callable[[BatchOutcome], None]) -> None:
        self._lake = lake
        self._tell = tell
        self._waiting: list[DumpRows] = []

    def add(self, rows: DumpRows) -> None:
        """Take the rows of one more dump."""
        self._waiting.append(rows)
        if len(self._waiting) >= MOST or sum(each.weight for each in self._waiting) >= HEAVY:
            self.write()

    def write(self) -> None:
        """Commit what waits."""
        if self._waiting:
            written = write_dumps(self._lake, self._waiting)
            self._waiting.clear()
            self._tell(written)


def read_redact_key(path: str | Path) -> bytes:
    """The key that names are hashed with: a file of 16 bytes or more.

    Raises InputError where there is none.
    """
    protect_input(path)
    try:
        key = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(key) < 16:
        raise InputError(f"{path}: is too short for a key; make one with: head -c 32 /dev/urandom")
    return hashlib.sha256(key).digest()
