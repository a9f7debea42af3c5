"""Records and the ids of their texts -> rows of numbers, as table records holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pageowner_sql.dump.digest import Records, Times
from pageowner_sql.store.columns import Column, numbers


def record_rows(records: Records, ids: Sequence[Sequence[int]], layout_base: int) -> Any:
    """Rows of table records but for dump_id; `ids` are those of `records.texts`."""
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
    return numbers(columns, len(records))


def _column(times: Times) -> Column:
    return Column(times.values, times.has)
