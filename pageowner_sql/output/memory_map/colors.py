"""The colour of a cell: that of its largest value, paler if the cell is partly empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pageowner_sql.errors import UsageError
from pageowner_sql.output.palette import CATEGORIES, FREE, OTHER, blend, rank_colors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import MapLayer, MemoryMap

_PALEST = 0.3


@dataclass(frozen=True, slots=True)
class Legend:
    """The layer's values with their colours, in display order.

    `pages` are sums over all cells, including values that share the last colour.
    """

    colors: dict[str, str]
    pages: dict[str, int]

    def color(self, value: str) -> str:
        """Return a value's colour; values beyond the palette share one."""
        return self.colors.get(value, OTHER)

    def entries(self) -> Iterator[tuple[str, str, int]]:
        """Yield name, colour and pages of each value; values that share a colour are one entry."""
        for value, color in self.colors.items():
            if held := self.pages.get(value):
                yield value, color, held
        rest = [value for value in self.pages if value not in self.colors]
        if rest:
            held = sum(self.pages[value] for value in rest)
            yield f"{len(rest)} others", OTHER, held


def layer_of(memory: MemoryMap, by: str) -> MapLayer:
    """Return the layer of that key. Raises UsageError if the map has none."""
    for layer in memory.layers:
        if layer.by == by:
            return layer
    known = ", ".join(layer.by for layer in memory.layers)
    msg = f"the map cannot be coloured by {by!r}; it can by: {known}"
    raise UsageError(msg)


def legend_of(layer: MapLayer) -> Legend:
    """Assign colours: ranked values along the scale, others by size."""
    pages: dict[str, int] = {}
    for shares in layer.shares:
        for value, held in shares:
            pages[value] = pages.get(value, 0) + held
    if layer.ranked:
        colors = dict(zip(layer.legend, rank_colors(len(layer.legend)), strict=True))
        return Legend(colors, pages)
    largest = sorted(pages, key=lambda value: (-pages[value], value))
    return Legend(dict(zip(largest, CATEGORIES, strict=False)), pages)


def cell_color(legend: Legend, value: str, fill: float, free: str = FREE) -> str:
    """Return the colour of a cell that is `fill` (0 to 1) full, mostly with `value`."""
    return blend(free, legend.color(value), _PALEST + (1 - _PALEST) * min(1.0, fill))
