"""The map as JSON for its page: web/src/map/data.ts reads this."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pageowner_sql.output.memory_map.colors import legend_of
from pageowner_sql.output.memory_map.layout import strips, tile_of
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from pageowner_sql.output.model import MapLayer, MemoryMap

Json = dict[str, object]
_TOLD = 4  # values in a cell's tooltip


def map_data(memory: MemoryMap) -> Json:
    """Return columns parallel to the cells, and a layer for each key."""
    tile = tile_of(memory)
    types = list(dict.fromkeys(cell.block_type for cell in memory.cells))
    return {
        "cellPages": memory.cell_pages,
        "pageSize": memory.page_size,
        "pageblockPages": memory.pageblock_pages,
        "tile": {"pages": tile.pages, "width": tile.width, "height": tile.height},
        "strips": [
            {
                "heading": printable(strip.heading(tile.pages)),
                "firstBlock": strip.first_block,
                "blocks": strip.blocks,
                "cells": list(strip.cells),
            }
            for strip in strips(memory)
        ],
        "pfn": [cell.pfn for cell in memory.cells],
        "allocated": [cell.allocated for cell in memory.cells],
        "stray": [cell.stray for cell in memory.cells],
        "blockTypes": [printable(name) for name in types],
        "blockType": [types.index(cell.block_type) for cell in memory.cells],
        "layers": [_layer(layer) for layer in memory.layers],
    }


def _layer(layer: MapLayer) -> Json:
    """One layer: its distinct values, and the indices and pages of each cell's values."""
    legend = legend_of(layer)
    values = [*legend.colors, *(value for value in legend.pages if value not in legend.colors)]
    numbers = {value: i for i, value in enumerate(values)}
    return {
        "by": layer.by,
        "title": printable(layer.title),
        "ranked": layer.ranked,
        "named": len(legend.colors),
        "values": [printable(value) for value in values],
        "pages": [legend.pages.get(value, 0) for value in values],
        "shares": [
            list(chain.from_iterable((numbers[value], pages) for value, pages in shares[:_TOLD]))
            for shares in layer.shares
        ],
    }
