"""Records and the ids of their texts -> rows of numbers, as table records holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pageowner_sql.dump.digest import Records, Times
from pageowner_sql.store.columns import Column, joined, pieces


class RecordRows:
    """Rows of table records but for dump_id, gathered."""

    def __init__(self) -> None:
        self._pieces: list[Any] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, records: Records, ids: Sequence[Sequence[int]], layout_base: int) -> None:
        """Gather those of `records`, whose `texts` have these `ids`."""
        group = records.group
        header, page_state, rest = (
            Column(np.array(of_kind, np.int32)[number][group])
            for of_kind, number in zip(ids, records.numbers, strict=True)
        )
        columns = {
            "ord": Column(records.ord),
            "header_id": header,
            "layout_id": Column(records.layout + np.int32(layout_base)),
            "alloc_ts": _column(records.alloc_ts),
            "free_ts": _column(records.free_ts),
            "pfn": Column(records.pfn),
            "pageblock": Column(records.block),
            "page_state_id": page_state,
            "rest_id": rest,
        }
        self._pieces += pieces(columns, len(records))
        self._count += len(records)

    def take(self) -> Any:
        """The rows gathered so far, of which there is one; they are forgotten."""
        rows = joined(self._pieces)
        self._pieces, self._count = [], 0
        return rows


def _column(times: Times) -> Column:
    return Column(times.values, times.has)
