"""Physical memory in cells: where allocations lie, and what lies in each cell by some key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Key, Where

SECOND = 1_000_000_000

# The lower edges of the age buckets behind the first, which is younger; ns.
AGES = tuple(
    seconds * SECOND for seconds in (1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600)
)
AGE_NAMES = (
    *("< 1 s", "1-10 s", "10-60 s", "1-10 min", "10-60 min"),
    *("1-6 h", "6-24 h", "1-7 d", "> 7 d"),
)

# Values of a layer that keep their names; further ones share one.
VALUES = 200


class LayerKey(StrEnum):
    """What a map can be coloured by."""

    OWNER = "owner"
    SUBSYSTEM = "subsystem"
    MIGRATETYPE = "migratetype"
    MEMCG = "memcg"
    COMM = "comm"
    ORDER = "order"
    AGE = "age"

    @property
    def key(self) -> Key | None:
        """The key of that name; None for AGE, which is none."""
        return None if self is LayerKey.AGE else Key(self.value)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have."""
        return frozenset({"alloc_ts"}) if self.key is None else Grouping((self.key,)).fields


def span_query(where: Where, cell_order: int, longest_gap: int) -> Query:
    """One row: block_order, cells (of 1 << `cell_order` pages, that hold any), strips, tiles.

    A tile is a pageblock, or a cell where that is larger; so many in a row that hold nothing are
    left out between two strips.
    """
    parameters = {"cell_order": cell_order, "longest_gap": longest_gap}
    return render("map_span", {**where.parameters(), **parameters}, where=where)


def cells_query(where: Where, cell_order: int) -> Query:
    """A row a cell, by place: pfn, pages, stray, block_type, node, zone."""
    return render("map_cells", {**where.parameters(), "cell_order": cell_order}, where=where)


@dataclass(frozen=True)
class _Layer:
    """A layer as the template wants it."""

    by: LayerKey

    @property
    def name(self) -> str:
        return self.by.value

    @property
    def keys(self) -> Grouping:
        """What its texts are joined by; of an order and an age there are none."""
        joined = self.by.key is not None and self.by is not LayerKey.ORDER
        return Grouping((Key(self.name),) if joined else ())

    @property
    def expression(self) -> str:
        return self.keys.columns[0][1] if self.keys.keys else f'c."{self.name}"'


def layers_query(keys: Sequence[LayerKey], where: Where, cell_order: int) -> Query:
    """A row a layer and cell, by place: layer, the cell's values, most pages first, their pages.

    Of age the values are the number of the bucket among `AGE_NAMES`.
    """
    layers = [_Layer(by) for by in keys]
    parameters = {"cell_order": cell_order, "values": VALUES}
    return render(
        "map_layers",
        {**where.parameters(), **parameters},
        where=where,
        layers=layers,
        ids=sorted({name for layer in layers for name in layer.keys.ids}),
        ages=AGES if LayerKey.AGE in keys else (),
    )
