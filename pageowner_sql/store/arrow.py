"""Python and NumPy columns -> Arrow data that DuckDB reads in place, by way of nanoarrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import nanoarrow as na
import numpy as np

from pageowner_sql.dump.digits import Mask, Numbers
from pageowner_sql.dump.records import PIECES, Batch

# Rows an Arrow batch: DuckDB gives each to one thread, so both cores have something to do.
ROWS = 4096 * 2

_TEXTS = na.fixed_size_list(na.binary(nullable=False), PIECES)
_BATCH = na.struct(
    {
        "text": _TEXTS,
        "ord": na.int32(),
        "layout": na.int32(),
        "alloc_ts": na.int64(),
        "free_ts": na.int64(),
        "pfn": na.int64(),
        "block": na.int64(),
    }
)


def _array(kind: Any, length: int, buffers: Sequence[Any], children: Sequence[Any] = ()) -> Any:
    return na.c_array_from_buffers(
        kind, length, buffers, children=children, validation_level="none"
    )


def _numbers(column: Numbers | None, has: Mask | None, rows: slice, length: int) -> Any:
    """An int64 column; None is a column of NULLs."""
    if column is None:
        nothing = np.zeros((length + 7) // 8, np.uint8)
        return na.c_array_from_buffers(
            na.int64(), length, [nothing, np.zeros(length, np.int64)], null_count=length
        )
    bits = None if has is None else np.packbits(has[rows], bitorder="little")
    nulls = 0 if has is None else int(length - has[rows].sum())
    return na.c_array_from_buffers(
        na.int64(),
        length,
        [bits, column[rows].view(np.int64)],
        null_count=nulls,
        validation_level="none",
    )


def _slice(batch: Batch, start: int, stop: int) -> Any:
    length, rows = stop - start, slice(start, stop)
    borders = batch.offsets[start * PIECES : stop * PIECES + 1]
    text = _array(na.binary(nullable=False), length * PIECES, [None, borders, batch.data])
    return _array(
        _BATCH,
        length,
        [None],
        [
            _array(_TEXTS, length, [None], [text]),
            _array(na.int32(), length, [None, batch.ord[rows]]),
            _array(na.int32(), length, [None, batch.layout[rows]]),
            _numbers(batch.alloc_ts, batch.has_alloc_ts, rows, length),
            _numbers(batch.free_ts, batch.has_free_ts, rows, length),
            _numbers(batch.pfn, None, rows, length),
            _numbers(batch.block, None, rows, length),
        ],
    )


def batch_array(batches: Sequence[Batch]) -> Any:
    """Batches as an Arrow stream: columns text (BLOB[PIECES]), ord, layout, the numbers.

    Nothing of the text is copied: their `data` must stay as it is until DuckDB is done.
    """
    slices = []
    for batch in batches:
        step = max(2048, min(ROWS, -(-len(batch) // 2)))
        slices += [
            _slice(batch, start, min(start + step, len(batch)))
            for start in range(0, len(batch), step)
        ]
    return na.Array.from_chunks(slices)


_KINDS: Mapping[str, Any] = {
    "int": na.int64(),
    "text": na.string(),
    "bytes": na.binary(),
    "bool": na.bool_(),
    "uint": na.uint64(),
}


def table(columns: Mapping[str, tuple[str, Sequence[Any]]]) -> Any:
    """Columns of Python values, each with its kind (int, uint, text, bytes, bool)."""
    kinds = {name: _KINDS[kind] for name, (kind, _) in columns.items()}
    length = len(next(iter(columns.values()))[1])
    children = [_column(values, kind) for kind, values in columns.values()]
    return na.Array(na.c_array_from_buffers(na.struct(kinds), length, [None], children=children))


_DTYPES: Mapping[str, Any] = {"int": np.int64, "uint": np.uint64}


def _column(values: Sequence[Any], kind: str) -> Any:
    """One column. Without a None among them, values need not go through Python one by one."""
    if kind in {"text", "bool"} or None in values:
        return na.c_array(values, _KINDS[kind])
    if kind == "bytes":
        borders = np.zeros(len(values) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, values), np.int32, len(values)), out=borders[1:])
        return _array(_KINDS[kind], len(values), [None, borders, b"".join(values)])
    return _array(_KINDS[kind], len(values), [None, np.array(values, _DTYPES[kind])])
