"""c_records: what page_owner_sort makes of the parts of a dump that it does not read as we do."""

from __future__ import annotations

from collections.abc import Iterator

from pageowner_sql.dump import c_reading
from pageowner_sql.dump.c_reading import CRecord, Text
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# An item of more pieces is far beyond what page_owner_sort holds, so it stops there.
MOST_PIECES = 8

_STOP = CRecord(Text(b""), Text(b""), 0, -1, -1, b"", 0, 0, 0, cma=False, slab=False, vmalloc=False)


def _items(database: Database, dump_id: int) -> Iterator[tuple[int, bytes]]:
    """Position and bytes of every part that it reads otherwise, in order."""
    rows = database.rows(
        statement("load/c_items"), {"dump_id": dump_id, "most_pieces": MOST_PIECES}
    )
    texts: dict[int, bytes] = {}
    for ord_, raw in rows:
        texts[ord_] = texts.get(ord_, b"") + raw
    yield from texts.items()


def _read(database: Database, dump_id: int) -> list[tuple[int, int, CRecord, bool]]:
    read: list[tuple[int, int, CRecord, bool]] = []
    for ord_, raw in _items(database, dump_id):
        records, whole = c_reading.read(raw)
        read += [(ord_, part, record, False) for part, record in enumerate(records)]
        if not whole:
            read.append((ord_, len(records), _STOP, True))
            break
    return read


def keep_c_records(database: Database, dump_id: int) -> None:
    """Fill c_records for a dump just loaded; costs nothing where its tool would agree with us."""
    read = _read(database, dump_id)
    if not read:
        return
    left = _left_before(database, dump_id, read)
    flags: list[tuple[bool, bool]] = []
    seen = {ord_ for ord_, _, _, _ in read}
    for ord_, part, record, _ in read:
        if record.cma is not None and record.slab is not None:
            flags.append((record.cma, record.slab))
        elif part == 0 and ord_ - 1 not in seen and ord_ - 1 in left:
            flags.append(left[ord_ - 1])
        else:
            # The part before it is the one just read: there is no plain record in between.
            flags.append(flags[-1] if flags else (False, False))
    _append(database, dump_id, read, flags)


def _left_before(
    database: Database, dump_id: int, read: list[tuple[int, int, CRecord, bool]]
) -> dict[int, tuple[bool, bool]]:
    """CMA and SLAB of the plain records just before: what a record without a PFN line inherits."""
    ords = sorted({ord_ - 1 for ord_, part, record, _ in read if not part and record.cma is None})
    rows = database.rows(statement("load/c_flags_before"), {"dump_id": dump_id, "ords": ords})
    return {ord_: (cma, slab) for ord_, cma, slab in rows}


def _append(
    database: Database,
    dump_id: int,
    read: list[tuple[int, int, CRecord, bool]],
    flags: list[tuple[bool, bool]],
) -> None:
    records = [record for _, _, record, _ in read]
    database.append(
        "c_records",
        table(
            {
                "dump_id": ("int", [dump_id] * len(read)),
                "ord": ("int", [row[0] for row in read]),
                "part": ("int", [row[1] for row in read]),
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
                "stops": ("bool", [row[3] for row in read]),
            }
        ),
    )
