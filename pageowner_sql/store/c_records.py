"""c_records: what page_owner_sort makes of the parts of a dump that it does not read as we do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pageowner_sql.dump.c_reading import CRecord, Reader, Text
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# Rows that are in Python's memory at a time.
ROWS = 1 << 14

_STOP = CRecord(Text(b""), Text(b""), 0, -1, -1, b"", 0, 0, 0, cma=False, slab=False, vmalloc=False)


@dataclass(frozen=True)
class _Row:
    """A record of the tool's and where it comes from."""

    ord: int
    part: int
    record: CRecord
    stops: bool = False


def keep_c_records(database: Database, dump_id: int) -> None:
    """Fill c_records for a dump just loaded; costs little where its tool would agree with us."""
    database.run(statement("load/c_items"), {"dump_id": dump_id})
    writer, rows = _Writer(database, dump_id), _rows(database, dump_id)
    while some := list(islice(rows, ROWS)):
        writer.append(some)
    database.run("DROP TABLE c_items")


def _rows(database: Database, dump_id: int) -> Iterator[_Row]:
    reader, ord_, part = Reader(), -1, 0
    for item, raw in _items(database, dump_id):
        if item != ord_:
            ord_, part = item, 0
        for record in reader.read(raw):
            yield _Row(ord_, part, record)
            part += 1
        if reader.stopped:
            yield _Row(ord_, part, _STOP, stops=True)
            return


def _items(database: Database, dump_id: int) -> Iterator[tuple[int, bytes]]:
    """Position and bytes of every part that the tool reads otherwise, in order."""
    for (batch,) in database.rows("SELECT DISTINCT batch FROM c_items ORDER BY batch"):
        yield from database.rows(statement("load/c_texts"), {"dump_id": dump_id, "batch": batch})


class _Writer:
    """Appends rows; knows the PFN line seen last, which a record without one inherits."""

    def __init__(self, database: Database, dump_id: int) -> None:
        self.database = database
        self.dump_id = dump_id
        self._ord = -1
        self._cma = self._slab = False

    def append(self, rows: Sequence[_Row]) -> None:
        before = self._flags_before(rows)
        flags: list[tuple[bool, bool]] = []
        for row in rows:
            if row.record.cma is not None and row.record.slab is not None:
                self._cma, self._slab = row.record.cma, row.record.slab
            elif not row.part and self._ord != row.ord - 1:
                self._cma, self._slab = before.get(row.ord - 1, (False, False))
            self._ord = row.ord
            flags.append((self._cma, self._slab))
        self.database.append("c_records", _table(self.dump_id, rows, flags))

    def _flags_before(self, rows: Sequence[_Row]) -> dict[int, tuple[bool, bool]]:
        """CMA and SLAB of the plain records that stand before any of `rows`."""
        ords = sorted({row.ord - 1 for row in rows if not row.part and row.record.cma is None})
        found = self.database.rows(
            statement("load/c_flags_before"), {"dump_id": self.dump_id, "ords": ords}
        )
        return {ord_: (cma, slab) for ord_, cma, slab in found}


def _table(dump_id: int, rows: Sequence[_Row], flags: Sequence[tuple[bool, bool]]) -> object:
    records = [row.record for row in rows]
    return table(
        {
            "dump_id": ("int", [dump_id] * len(rows)),
            "ord": ("int", [row.ord for row in rows]),
            "part": ("int", [row.part for row in rows]),
            "times": ("int", [r.times for r in records]),
            "line": ("bytes", [r.text.line for r in records]),
            "body": ("bytes", [r.text.body for r in records]),
            "head": ("bytes", [r.text.head for r in records]),
            "cut_line": ("bytes", [r.cut_text.line for r in records]),
            "cut_body": ("bytes", [r.cut_text.body for r in records]),
            "cut_head": ("bytes", [r.cut_text.head for r in records]),
            "pages": ("int", [r.pages for r in records]),
            "pid": ("int", [r.pid for r in records]),
            "tgid": ("int", [r.tgid for r in records]),
            "name": ("bytes", [r.name for r in records]),
            "alloc_ts": ("uint", [r.alloc_ts for r in records]),
            "alloc_ts_comma": ("uint", [r.alloc_ts_comma for r in records]),
            "free_ts": ("uint", [r.free_ts for r in records]),
            "cma": ("bool", [cma for cma, _ in flags]),
            "slab": ("bool", [slab for _, slab in flags]),
            "vmalloc": ("bool", [r.vmalloc for r in records]),
            "stops": ("bool", [row.stops for row in rows]),
        }
    )
