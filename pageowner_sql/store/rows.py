"""Records and the ids of their texts -> rows of numbers, as tables hold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pageowner_sql.dump.digest import Records, Times
from pageowner_sql.store.arrow import Column, numbers
from pageowner_sql.store.texts import Matched


def record_rows(records: Records, matched: Matched, layout_base: int) -> Any:
    """Rows of table records but for dump_id."""
    group = records.group
    columns = {
        "ord": Column(records.ord),
        "header_id": Column(matched.header[group]),
        "layout_id": Column(records.layout + np.int32(layout_base)),
        "alloc_ts": _column(records.alloc_ts),
        "free_ts": _column(records.free_ts),
        "pfn": Column(records.pfn),
        "pageblock": Column(records.block),
        "page_state_id": Column(matched.page_state[group]),
        "rest_id": Column(matched.rest[group]),
    }
    return numbers(columns, len(records))


def _column(times: Times) -> Column:
    return Column(times.values, times.has)


class GroupRows:
    """Rows of table alike but for dump_id, gathered of many chunks: a group each."""

    def __init__(self) -> None:
        self._gathered: list[tuple[dict[str, Column], int]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, records: Records, matched: Matched, layout_base: int) -> None:
        """Gather the groups of `records`."""
        first = records.first
        columns = {
            "header_id": Column(matched.header),
            "page_state_id": Column(matched.page_state),
            "rest_id": Column(matched.rest),
            "layout_id": Column(records.layout[first] + np.int32(layout_base)),
            "ord": Column(records.ord[first]),
            "alloc_ts": _column(records.alloc_ts.take(first)),
            "free_ts": _column(records.free_ts.take(first)),
            "times": Column(records.times),
        }
        self._gathered.append((columns, len(first)))
        self._count += len(first)

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
