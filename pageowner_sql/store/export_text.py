"""A dump's own text, put together again from the tables."""

from __future__ import annotations

from collections.abc import Iterator

from pageowner_sql.store.blobs import stream_blobs
from pageowner_sql.store.database import Database, statement

# Put in order at a time: enough to keep DuckDB busy, some dozen megabytes of text.
ORDS = 1 << 16
REJECTED = 16 << 20
PIECES = 1 << 13
# Positions whose rejects and gaps are summed up, for there can be as many as records.
SPAN = 1 << 12

_ALL_PIECES = (0, 1 << 30)


def dump_text(database: Database, dump_id: int) -> Iterator[memoryview]:
    """The decompressed bytes that were loaded, in pieces; a piece is good until the next.

    Memory in use does not grow with the dump.
    """
    if size := _kept_as_file(database, dump_id):
        yield from _pieces(database, dump_id, size)
        return
    sql = statement("export/texts")
    for start, stop in _ranges(database, dump_id):
        for first, last in _piece_ranges(database, dump_id, start, stop):
            bounds = {"start": start, "stop": stop, "first_piece": first, "stop_piece": last}
            yield from stream_blobs(database, sql, {"dump_id": dump_id, **bounds})


def selected_text(database: Database, dump_id: int) -> Iterator[memoryview]:
    """The text of the records that the connection's views show, without rejects and gaps."""
    last = database.value(statement("export/last"), {"dump_id": dump_id})
    for start in range(0, -1 if last is None else last + 1, ORDS):
        bounds = {"dump_id": dump_id, "start": start, "stop": start + ORDS}
        yield from stream_blobs(database, statement("export/records"), bounds)


def _kept_as_file(database: Database, dump_id: int) -> int | None:
    """Size of a summary, whose file is kept as it is; None for a page_owner dump."""
    sql = "SELECT max(byte_offset) + 1 FROM file_pieces WHERE dump_id = $dump_id"
    size = database.value(sql, {"dump_id": dump_id})
    return None if size is None else int(size)


def _pieces(database: Database, dump_id: int, size: int) -> Iterator[memoryview]:
    for start in range(0, size, REJECTED):
        bounds = {"dump_id": dump_id, "start": start, "stop": start + REJECTED}
        yield from stream_blobs(database, statement("export/pieces"), bounds)


def _ranges(database: Database, dump_id: int) -> Iterator[tuple[int, int]]:
    """Ranges of ord with a bounded amount of text in each; a large reject has one of its own."""
    stop = int(database.value(statement("export/last"), {"dump_id": dump_id}) or 0) + 1
    start = held = 0
    for ord_, after, size in _sizes(database, dump_id):
        while ord_ - start >= ORDS:
            yield start, start + ORDS
            start, held = start + ORDS, 0
        if held + size > REJECTED and ord_ > start:
            yield start, ord_
            start, held = ord_, 0
        held += size
        if held > REJECTED:
            yield ord_, after
            start, held = after, 0
    yield from ((first, min(first + ORDS, stop)) for first in range(start, stop, ORDS))


def _sizes(database: Database, dump_id: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of ord with rejects and gaps, and their bytes: many positions, or one with a lot."""
    sql = statement("export/sizes")
    named = {"dump_id": dump_id, "start": 0, "stop": 1 << 31, "span": SPAN}
    for first, size in database.rows(sql, named):
        if size <= REJECTED:
            yield first, first + SPAN, size
            continue
        for ord_, alone in database.rows(
            sql, {**named, "start": first, "stop": first + SPAN, "span": 1}
        ):
            yield ord_, ord_ + 1, alone


def _piece_ranges(
    database: Database, dump_id: int, start: int, stop: int
) -> Iterator[tuple[int, int]]:
    """Ranges of piece that together give a range of ord; a record is one piece."""
    if stop - start > 1:
        yield _ALL_PIECES
        return
    pieces = database.value(
        "SELECT count(*) FROM rejects WHERE dump_id = $dump_id AND ord = $ord",
        {"dump_id": dump_id, "ord": start},
    )
    for first in range(0, max(pieces, 1), PIECES):
        yield first, first + PIECES
