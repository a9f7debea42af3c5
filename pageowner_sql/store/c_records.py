"""c_records: what page_owner_sort makes of the parts of a dump that it reads differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pageowner_sql.dump.sort_tool import CRecord, ToolReader, read_fields
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# Rows that are in Python's memory at a time, and what their texts may have together in bytes.
ROWS = 1 << 14
BYTES = 1 << 23

# The columns that are not int.
_KINDS = {
    "name": "bytes",
    **dict.fromkeys(("alloc_ts", "alloc_ts_comma", "free_ts"), "uint"),
    "vmalloc": "bool",
}


class _CRecordRow(NamedTuple):
    """A record of the tool's, the part of the dump that it ends in, and its number in that.

    `fresh`: it is the first there, and the part just before this one is read as we do.
    """

    ord: int
    part: int
    record: CRecord
    fresh: bool
    stops: bool = False


# CMA and SLAB in the PFN lines just before these parts of the dump.
FlagsBefore = Callable[[Sequence[int]], Mapping[int, tuple[bool, bool]]]


class CRecordTable:
    """Appends to c_records what the tool makes of parts of a dump, given in their order.

    `stopped`: it reads no further, whatever comes. It knows the PFN line seen last, which a record
    without one inherits.
    """

    def __init__(self, database: Database, dump_id: int, flags_before: FlagsBefore) -> None:
        self.stopped = False
        self._database = database
        self._dump_id = dump_id
        self._flags_before = flags_before
        self._reader = ToolReader()
        self._rows: list[_CRecordRow] = []
        self._size = 0
        self._ord = self._end = -1
        self._part = 0
        self._cma = self._slab = False

    def add(self, ord_: int, raw: bytes, end: int) -> None:
        """Take a part at position `ord_`, or more of it; what follows it is at `end`."""
        fresh = False
        if ord_ != self._ord:
            fresh = ord_ != self._end
            self._ord, self._part = ord_, 0
        self._end = end
        for record in self._reader.read(raw):
            self._append(record, fresh=fresh)
            fresh = False
        if self._reader.stopped:
            self._append(CRecord(b""), fresh=False, stops=True)
            self.stopped = True

    def _append(self, record: CRecord, *, fresh: bool, stops: bool = False) -> None:
        self._rows.append(_CRecordRow(self._ord, self._part, record, fresh, stops))
        self._part += 1
        self._size += len(record.text)
        if len(self._rows) == ROWS or self._size >= BYTES:
            self.write()

    def write(self) -> None:
        """Write the rows that are still in memory."""
        rows, self._rows, self._size = self._rows, [], 0
        if not rows:
            return
        asked = [row.ord for row in rows if row.fresh and row.record.pfn_line is None]
        before = self._flags_before(asked) if asked else {}
        flags: list[tuple[bool, bool]] = []
        for row in rows:
            line = row.record.pfn_line
            if line is not None:
                self._cma, self._slab = b"CMA" in line, b"slab" in line
            elif row.fresh:
                self._cma, self._slab = before.get(row.ord, (False, False))
            flags.append((self._cma, self._slab))
        self._database.append("c_records", _table(self._dump_id, rows, flags))


def keep_c_records(database: Database, dump_id: int) -> None:
    """Fill c_records for a dump just loaded; costs little where its tool would agree with us."""
    database.run(statement("load/c_items"), {"dump_id": dump_id})

    def flags_before(ords: Sequence[int]) -> dict[int, tuple[bool, bool]]:
        parameters = {"dump_id": dump_id, "ords": [ord_ - 1 for ord_ in ords]}
        found = database.rows(statement("load/c_flags_before"), parameters)
        return {ord_ + 1: (cma, slab) for ord_, cma, slab in found}

    records = CRecordTable(database, dump_id, flags_before)
    for ord_, raw in _items(database, dump_id):
        records.add(ord_, raw, ord_ + 1)
        if records.stopped:
            break
    records.write()
    database.run("DROP TABLE c_items")


def _items(database: Database, dump_id: int) -> Iterator[tuple[int, bytes]]:
    """Position and bytes of every part that the tool reads differently, in order."""
    batches = database.rows(
        "SELECT batch, min(ord), max(ord) FROM c_items GROUP BY batch ORDER BY batch"
    )
    for batch, first, last in batches:
        yield from database.rows(
            statement("load/c_texts"),
            {"dump_id": dump_id, "batch": batch, "first": first, "last": last},
        )


def _table(dump_id: int, rows: Sequence[_CRecordRow], flags: Sequence[tuple[bool, bool]]) -> object:
    texts = [row.record.text for row in rows]
    return table(
        {
            "dump_id": ("int", [dump_id] * len(rows)),
            "ord": ("int", [row.ord for row in rows]),
            "part": ("int", [row.part for row in rows]),
            "times": ("int", [row.record.times for row in rows]),
            "text": ("bytes", texts),
            **{
                name: (_KINDS.get(name, "int"), column)
                for name, column in read_fields(texts).items()
            },
            "cma": ("bool", [cma for cma, _ in flags]),
            "slab": ("bool", [slab for _, slab in flags]),
            "stops": ("bool", [row.stops for row in rows]),
        }
    )
