"""A result of one BLOB column, streamed as the bytes themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import nanoarrow as na

from pageowner_sql.store.database import Database, Parameters
from pageowner_sql.store.translate import translated

# Rows that Python takes at a time.
FETCH = 4096


def _bytes(batch: Any) -> memoryview:
    """The values of a binary array, one behind the other as they lie in its buffer."""
    column = na.c_array(batch).child(0)
    buffers = list(column.view().buffers)
    borders = memoryview(buffers[1]).cast("B").cast("i")
    start, stop = borders[column.offset], borders[column.offset + column.length]
    return memoryview(buffers[2]).cast("B")[start:stop]


def stream_blobs(
    database: Database, sql: str, parameters: Parameters | None = None
) -> Iterator[memoryview]:
    """Pieces of the concatenated values of `sql`'s only column, in the result's order.

    Values must not be NULL.
    """
    with translated(database.path):
        # Not a cursor: temporary tables belong to their connection.
        result = database.connection.sql(sql, params=dict(parameters) if parameters else None)
        for batch in na.ArrayStream(result).iter_chunks():
            yield _bytes(batch)


def stream_many_blobs(
    database: Database, sql: str, parameters: Parameters | None = None
) -> Iterator[memoryview]:
    """As `stream_blobs`, of any number of rows: Arrow would hold a million of them at a time."""
    with translated(database.path):
        result = database.connection.execute(sql, dict(parameters) if parameters else None)
        while rows := result.fetchmany(FETCH):
            yield memoryview(b"".join([value for (value,) in rows]))
