"""Records and the ids of their texts -> rows of table records, as Arrow data."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import nanoarrow as na

from pageowner_sql.dump.record_reader import IrregularRecord, PlainRecords
from pageowner_sql.native.library import memory
from pageowner_sql.store.arrow import table

# Rows an Arrow batch: DuckDB gives each to one thread, so all cores have something to do.
ROWS = 4096 * 4

_NARROW = ("ord", "header_id", "page_state_id", "rest_id", "layout_id")
_KINDS: Mapping[str, Any] = {
    **dict.fromkeys(_NARROW, na.int32()),
    **dict.fromkeys(("alloc_ts", "free_ts", "pfn", "pageblock"), na.int64()),
}
_STRUCT = na.struct(dict(_KINDS))


class RecordRows:
    """Buffered rows for table records, without dump_id."""

    def __init__(self) -> None:
        self._batches: list[Any] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add_plain(self, records: PlainRecords, ids: Sequence[array[int]], base: int) -> None:
        """Buffer records; `ids`: those of their texts by number; `base`: the first layout's."""
        header, state, rest, layout = records.ids(ids, base)
        columns = {
            "ord": records.ord,
            "header_id": header,
            "page_state_id": state,
            "rest_id": rest,
            "layout_id": layout,
            "alloc_ts": records.alloc_ts,
            "free_ts": records.free_ts,
            "pfn": records.pfn,
            "pageblock": records.block,
        }
        step = max(2048, min(ROWS, -(-len(records) // 2)))
        for start in range(0, len(records), step):
            size = min(step, len(records) - start)
            children = [
                _part(values, _KINDS[name], start, size) for name, values in columns.items()
            ]
            self._batches.append(_batch(size, children))
        self._count += len(records)

    def add_irregular(
        self, records: Sequence[IrregularRecord], ids: Sequence[Sequence[int]], base: int
    ) -> None:
        """Buffer records whose texts have these `ids`, one of each kind a record."""
        header, state, rest = ids
        rows = {
            "ord": ("int32", [each.ord for each in records]),
            "header_id": ("int32", header),
            "page_state_id": ("int32", state),
            "rest_id": ("int32", rest),
            "layout_id": ("int32", [base + each.layout for each in records]),
            "alloc_ts": ("int", [each.record.alloc_ts for each in records]),
            "free_ts": ("int", [each.record.free_ts for each in records]),
            "pfn": ("int", [each.record.pfn for each in records]),
            "pageblock": ("int", [each.record.block for each in records]),
        }
        self._batches.append(table(rows))
        self._count += len(records)

    def take(self) -> Any:
        """The rows buffered so far, of which there is one; they are forgotten."""
        rows = na.Array.from_chunks(self._batches)
        self._batches, self._count = [], 0
        return rows


def _batch(size: int, children: Sequence[Any]) -> Any:
    return na.c_array_from_buffers(
        _STRUCT, size, [None], children=children, validation_level="none"
    )


def _part(values: memoryview | None, kind: Any, start: int, size: int) -> Any:
    """Some rows of a column, not copied; NULL in each where the records have no such number."""
    if values is None:
        nothing = [memory("B", size // 8 + 1), memory("q", size)]
        return na.c_array_from_buffers(
            kind, size, nothing, null_count=size, validation_level="none"
        )
    given = [None, values[start : start + size]]
    return na.c_array_from_buffers(kind, size, given, null_count=0, validation_level="none")
