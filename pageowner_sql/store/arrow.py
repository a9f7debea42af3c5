"""Python columns -> Arrow data that DuckDB reads in place, by way of nanoarrow."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import nanoarrow as na
from nanoarrow.c_array import CArray
from nanoarrow.c_schema import CSchema

from pageowner_sql.native.library import granted

_KINDS: Mapping[str, Any] = {
    "int": na.int64(),
    "int32": na.int32(),
    "text": na.string(),
    "bytes": na.binary(),
    "bool": na.bool_(),
    "uint": na.uint64(),
}


def table(columns: Mapping[str, tuple[str, Sequence[Any]]]) -> Any:
    """Columns of Python values, each with its kind (int, int32, uint, text, bytes, bool)."""
    kinds = {name: _KINDS[kind] for name, (kind, _) in columns.items()}
    length = len(next(iter(columns.values()))[1])
    children = [_column(values, kind) for kind, values in columns.values()]
    return na.Array(na.c_array_from_buffers(na.struct(kinds), length, [None], children=children))


def given(give: Callable[..., int], count: int) -> list[Any]:
    """Arrays of native/arrow.c: `give` gets the addresses of an array and a schema for each.

    Raises MemoryLimitError where it returns 0.
    """
    arrays = [CArray.allocate(CSchema.allocate()) for _ in range(count)]
    owned = [each for array in arrays for each in (array, array.schema)]
    granted(give(*(each._addr() for each in owned)))  # noqa: SLF001  # how nanoarrow lets C fill them
    return [na.Array(array) for array in arrays]


def batches(arrays: Sequence[Any]) -> Any:
    """Several arrays of the same columns as one."""
    return na.Array.from_chunks(arrays)


# The type codes of module array.
_NUMBERS: Mapping[str, str] = {"int": "q", "int32": "i", "uint": "Q"}


def _column(values: Sequence[Any], kind: str) -> Any:
    """One column; by arrays, since nanoarrow takes a while for Python values one by one."""
    given = None
    nulls = values.count(None)
    if nulls:
        given = _bits([value is not None for value in values])
    return na.c_array_from_buffers(
        _KINDS[kind],
        len(values),
        [given, *_buffers(values, kind, nulls)],
        null_count=nulls,
        validation_level="none",
    )


_DIGITS = bytes.maketrans(b"\0\1", b"01")


def _bits(values: Iterable[Any]) -> bytes:
    """Truth values as Arrow has them, the first one lowest."""
    digits = bytes(map(bool, values)).translate(_DIGITS)
    return int(digits[::-1] or b"0", 2).to_bytes(len(digits) // 8 + 1, "little")


def _text(value: str | None) -> str:
    return "" if value is None else value


def _buffers(values: Sequence[Any], kind: str, nulls: int) -> list[Any]:
    """What an Arrow array has beside its validity; what stands for a None does not matter."""
    if nulls == len(values):
        # Most dumps have no value at all in several columns.
        return [bytes(8 * (nulls + 1)), *([b""] if kind in ("text", "bytes") else [])]
    if kind == "bool":
        return [_bits(values)]
    if kind in _NUMBERS:
        code = _NUMBERS[kind]
        if isinstance(values, array) and values.typecode == code:
            return [values]
        return [array(code, [value or 0 for value in values] if nulls else values)]
    if kind == "text":
        values = [value.encode() for value in (map(_text, values) if nulls else values)]
    return [array("i", accumulate(map(len, values), initial=0)), b"".join(values)]
