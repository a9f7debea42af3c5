"""NumPy columns of whole numbers -> Arrow data that DuckDB reads in place, by way of nanoarrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nanoarrow as na
import numpy as np
import numpy.typing as npt

from pageowner_sql.dump.digits import Mask

# Rows an Arrow batch: DuckDB gives each to one thread, so both cores have something to do.
ROWS = 4096 * 4

Integers = npt.NDArray[np.signedinteger[Any]] | npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Column:
    """A column of whole numbers; `has`: which rows have one, None where all do.

    Unsigned ones are below 2^63. `values` is None where no row has one.
    """

    values: Integers | None
    has: Mask | None = None

    @property
    def kind(self) -> Any:
        """The Arrow type."""
        narrow = self.values is not None and self.values.itemsize == 4
        return na.int32() if narrow else na.int64()


def _signed(values: Integers) -> type[np.signedinteger[Any]]:
    return np.int32 if values.itemsize == 4 else np.int64


def _numbers(column: Column, rows: slice, length: int) -> Any:
    """A piece of a column."""
    if column.values is None:
        nothing = np.zeros((length + 7) // 8, np.uint8)
        return na.c_array_from_buffers(
            na.int64(), length, [nothing, np.zeros(length, np.int64)], null_count=length
        )
    bits = None if column.has is None else np.packbits(column.has[rows], bitorder="little")
    nulls = 0 if column.has is None else int(length - column.has[rows].sum())
    values = column.values[rows].view(_signed(column.values))
    return na.c_array_from_buffers(
        column.kind, length, [bits, values], null_count=nulls, validation_level="none"
    )


def pieces(columns: Mapping[str, Column], length: int) -> list[Any]:
    """Columns of whole numbers, in pieces of some thousand rows. None of them is copied."""
    kind = na.struct({name: column.kind for name, column in columns.items()})
    step = max(2048, min(ROWS, -(-length // 2)))
    made = []
    for start in range(0, max(length, 1), step):
        size = min(step, length - start)
        children = [
            _numbers(column, slice(start, start + size), size) for column in columns.values()
        ]
        made.append(
            na.c_array_from_buffers(kind, size, [None], children=children, validation_level="none")
        )
    return made


def joined(of: Sequence[Any]) -> Any:
    """Pieces with the same columns, one behind the other."""
    return na.Array.from_chunks(of)
