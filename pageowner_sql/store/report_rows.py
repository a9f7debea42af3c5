"""A report with a row a record: DuckDB orders numbers, their texts are put together here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nanoarrow as na
import numpy as np

from pageowner_sql.native.gather import Texts, Values, gather
from pageowner_sql.native.pieces import Piece
from pageowner_sql.store.database import Database, Parameters
from pageowner_sql.store.translate import translated

# Rows whose texts are in memory at once: some ten MB, and as much again ahead.
SLICE = 1 << 14

Statement = tuple[str, Parameters]


def stream_gathered(
    database: Database,
    rows: Statement,
    texts: Mapping[tuple[str, ...], Statement],
    pieces: Sequence[Piece],
) -> Iterator[memoryview]:
    """Pieces of the rows' concatenated texts, in the order of `rows`.

    `rows` has columns of BIGINT, not negative; each of `texts` a number and a BLOB for each of
    the names. The connection must be left alone until the last piece came.
    """
    known: dict[str, Texts] = {}
    for names, (sql, parameters) in texts.items():
        known |= zip(names, _texts(database.rows(sql, parameters), len(names)), strict=True)
    return _ahead(_slices(database, rows, known, pieces))


def _texts(rows: list[tuple[Any, ...]], count: int) -> Iterator[Texts]:
    """Texts by number, from rows that have the number first."""
    most = max((row[0] for row in rows), default=0)
    for place in range(1, count + 1):
        texts = [b""] * (most + 1)
        for row in rows:
            texts[row[0]] = row[place]
        yield Texts(texts)


def _slices(
    database: Database, rows: Statement, texts: Mapping[str, Texts], pieces: Sequence[Piece]
) -> Iterator[memoryview]:
    sql, parameters = rows
    with translated(database.path):
        result = database.connection.sql(sql, params=dict(parameters))
        for batch in na.ArrayStream(result).iter_chunks():
            array = na.c_array(batch)
            columns = {
                array.schema.child(k).name: _values(array.child(k)) for k in range(array.n_children)
            }
            for start in range(0, array.length, SLICE):
                stop = min(start + SLICE, array.length)
                part = {name: column.part(start, stop) for name, column in columns.items()}
                yield gather(pieces, part, texts, stop - start)


def _values(column: Any) -> Values:
    """An Arrow column of int64."""
    valid, numbers = column.view().buffers
    stop = column.offset + column.length
    values = np.frombuffer(numbers, np.int64)[column.offset : stop]
    if not column.null_count:
        return Values(values)
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
    return Values(values, bits[column.offset : stop].astype(np.bool_))


def _ahead(pieces: Iterator[memoryview]) -> Iterator[memoryview]:
    """The same pieces, each made in another thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = thread.submit(next, pieces, None)
            yield piece
