"""c_records: what page_owner_sort makes of the parts of a dump that it does not read as we do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pageowner_sql.dump.c_reader import CRecord, Reader
from pageowner_sql.dump.c_reading import Fields, read_fields
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# Rows that are in Python's memory at a time, and what their texts may have together in bytes.
ROWS = 1 << 14
BYTES = 1 << 23

_EMPTY = read_fields(b"")

_KINDS = {
    **dict.fromkeys(Fields._fields, "int"),
    "name": "bytes",
    **dict.fromkeys(("alloc_ts", "alloc_ts_comma", "free_ts"), "uint"),
    "vmalloc": "bool",
}


class _Row(NamedTuple):
    """A record of the tool's and where it comes from."""

    ord: int
    part: int
    record: CRecord
    stops: bool = False


def keep_c_records(database: Database, dump_id: int) -> None:
    """Fill c_records for a dump just loaded; costs little where its tool would agree with us."""
    database.run(statement("load/c_items"), {"dump_id": dump_id})
    writer = _Writer(database, dump_id)
    for some in _some(_rows(database, dump_id)):
        writer.append(some)
    database.run("DROP TABLE c_items")


def _some(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """The rows, as many at a time as may be in memory."""
    some: list[_Row] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row.record.text)
        if len(some) == ROWS or size >= BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _rows(database: Database, dump_id: int) -> Iterator[_Row]:
    reader, ord_, part = Reader(), -1, 0
    for item, raw in _items(database, dump_id):
        if item != ord_:
            ord_, part = item, 0
        for record in reader.read(raw):
            yield _Row(ord_, part, record)
            part += 1
        if reader.stopped:
            yield _Row(ord_, part, CRecord(b""), stops=True)
            return


def _items(database: Database, dump_id: int) -> Iterator[tuple[int, bytes]]:
    """Position and bytes of every part that the tool reads otherwise, in order."""
    batches = database.rows(
        "SELECT batch, min(ord), max(ord) FROM c_items GROUP BY batch ORDER BY batch"
    )
    for batch, first, last in batches:
        yield from database.rows(
            statement("load/c_texts"),
            {"dump_id": dump_id, "batch": batch, "first": first, "last": last},
        )


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
            line = row.record.pfn_line
            if line is not None:
                self._cma, self._slab = b"CMA" in line, b"slab" in line
            elif not row.part and self._ord != row.ord - 1:
                self._cma, self._slab = before.get(row.ord - 1, (False, False))
            self._ord = row.ord
            flags.append((self._cma, self._slab))
        self.database.append("c_records", _table(self.dump_id, rows, flags))

    def _flags_before(self, rows: Sequence[_Row]) -> dict[int, tuple[bool, bool]]:
        """CMA and SLAB of the plain records that stand before any of `rows`."""
        ords = sorted({row.ord - 1 for row in rows if not row.part and row.record.pfn_line is None})
        found = self.database.rows(
            statement("load/c_flags_before"), {"dump_id": self.dump_id, "ords": ords}
        )
        return {ord_: (cma, slab) for ord_, cma, slab in found}


def _table(dump_id: int, rows: Sequence[_Row], flags: Sequence[tuple[bool, bool]]) -> object:
    texts = [row.record.text for row in rows]
    fields = zip(*(read_fields(text) if text else _EMPTY for text in texts), strict=True)
    return table(
        {
            "dump_id": ("int", [dump_id] * len(rows)),
            "ord": ("int", [row.ord for row in rows]),
            "part": ("int", [row.part for row in rows]),
            "times": ("int", [row.record.times for row in rows]),
            "text": ("bytes", texts),
            **{
                name: (_KINDS[name], column)
                for name, column in zip(Fields._fields, fields, strict=True)
            },
            "cma": ("bool", [cma for cma, _ in flags]),
            "slab": ("bool", [slab for _, slab in flags]),
            "stops": ("bool", [row.stops for row in rows]),
        }
    )
