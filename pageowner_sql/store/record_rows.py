"""Records and the ids of their texts -> rows of table records, as Arrow data."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from typing import Any

from pageowner_sql.dump.record_reader import IrregularRecord, PlainRecords
from pageowner_sql.store.arrow import batches, given, table


class RecordRows:
    """Buffered rows for table records, without dump_id."""

    def __init__(self) -> None:
        self._batches: list[Any] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add_plain(self, records: PlainRecords, ids: Sequence[array[int]], base: int) -> None:
        """Buffer records; `ids`: those of their texts by number; `base`: the first layout's."""
        self._batches += given(partial(records.give, ids, base), 1)
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
        rows = batches(self._batches)
        self._batches, self._count = [], 0
        return rows
