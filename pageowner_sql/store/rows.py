"""A batch of records and the ids of its texts -> rows of numbers, as tables hold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pageowner_sql.dump.records import Batch
from pageowner_sql.store.arrow import Column, numbers
from pageowner_sql.store.texts import Matched


def record_rows(batch: Batch, matched: Matched, layout_base: int) -> Any:
    """Rows of table records but for dump_id, of those whose texts are all good."""
    group = batch.alike.group
    good = matched.good
    header, page_state, rest = (Column(ids.astype(np.int32)[group]) for ids in matched.ids)
    columns = {
        "ord": Column(batch.ord),
        "header_id": header,
        "layout_id": Column(batch.layout + np.int32(layout_base)),
        "alloc_ts": Column(batch.alloc_ts, batch.has_alloc_ts),
        "free_ts": Column(batch.free_ts, batch.has_free_ts),
        "pfn": Column(batch.pfn),
        "pageblock": Column(batch.block),
        "page_state_id": page_state,
        "rest_id": rest,
    }
    if good.all():
        return numbers(columns, len(batch))
    rows = np.flatnonzero(good[group])
    return numbers({name: column.take(rows) for name, column in columns.items()}, len(rows))


class GroupRows:
    """Rows of table alike but for dump_id, gathered of many batches: a group each."""

    def __init__(self) -> None:
        self._gathered: list[tuple[dict[str, Column], int]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, batch: Batch, matched: Matched, layout_base: int) -> None:
        """Gather the groups of `batch` whose texts are all good."""
        rows = np.flatnonzero(matched.good)
        first = batch.alike.first[rows]
        header, page_state, rest = (Column(ids[rows]) for ids in matched.ids)
        columns = {
            "header_id": header,
            "page_state_id": page_state,
            "rest_id": rest,
            "layout_id": Column(batch.layout[first] + np.int32(layout_base)),
            "ord": Column(batch.ord[first]),
            "alloc_ts": Column(batch.alloc_ts, batch.has_alloc_ts).take(first),
            "free_ts": Column(batch.free_ts, batch.has_free_ts).take(first),
            "times": Column(batch.alike.times[rows]),
        }
        self._gathered.append((columns, len(rows)))
        self._count += len(rows)

    def take(self) -> Any:
        """The rows gathered so far, of which there is one; they are forgotten."""
        names = self._gathered[0][0]
        joined = {
            name: Column.joined([(columns[name], rows) for columns, rows in self._gathered])
            for name in names
        }
        rows = numbers(joined, self._count)
        self._gathered.clear()
        self._count = 0
        return rows
