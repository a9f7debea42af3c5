"""The position of each cell of the map: strips of pageblocks, one tile of cells per pageblock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pageowner_sql.output import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import MapCell, MemoryMap

# A longer run of pageblocks without records is omitted between two strips.
LONGEST_GAP = 64
# If zones or nodes alternate more often than this, they share a strip.
_MOST_TURNS = 32


@dataclass(frozen=True, slots=True)
class Strip:
    """Adjacent pageblocks of one zone; `cells` are indices into the map's cells."""

    node: int | None
    zone: str | None
    first_block: int
    blocks: int
    cells: tuple[int, ...]
    in_turns: bool = False

    def heading(self, block_pages: int) -> str:
        """Name the zone and its frames, inclusive: `node 0 · Normal · 0x0-0x7fff`."""
        first = self.first_block * block_pages
        last = first + self.blocks * block_pages - 1
        where = ["nodes and zones alternate"] if self.in_turns else []
        where += [f"node {self.node}"] if self.node is not None else []
        where += [f"zone {self.zone}"] if self.zone is not None else []
        return " · ".join([*where, f"frames {first:#x}-{last:#x}"])


@dataclass(frozen=True, slots=True)
class Tile:
    """The shape of a pageblock in cells; a cell of a whole pageblock or more is its own tile."""

    pages: int
    width: int
    height: int

    def place(self, pfn: int, cell_pages: int, strip: Strip, columns: int) -> tuple[int, int]:
        """Return a cell's column and row in the strip, `columns` tiles wide."""
        block, rest = divmod(pfn, self.pages)
        down, right = divmod(block - strip.first_block, columns)
        y, x = divmod(rest // cell_pages, self.width)
        return right * self.width + x, down * self.height + y


def tile_of(memory: MemoryMap) -> Tile:
    """Shape a pageblock as a square, or twice as wide as high, if it has an odd power of two."""
    pages = max(memory.cell_pages, memory.pageblock_pages)
    cells = max(1, pages // memory.cell_pages)
    width = 1 << (cells.bit_length() // 2)
    return Tile(pages, width, max(1, cells // width))


def scale_words(memory: MemoryMap) -> str:
    """Describe the sizes of a cell and a tile; a cell can cover several pageblocks."""
    cell = f"one cell is {units.count(memory.cell_pages)} page frames"
    cell += f" ({units.size(memory.cell_pages * memory.page_size)})"
    block = units.size(memory.pageblock_pages * memory.page_size)
    if memory.cell_pages < memory.pageblock_pages:
        return f"{cell}, one tile per pageblock ({block})"
    blocks = units.count(memory.cell_pages // memory.pageblock_pages)
    return f"{cell}, {blocks} pageblocks of {block}"


def strips(memory: MemoryMap) -> tuple[Strip, ...]:
    """Cut the map at zone changes and at long runs without records."""
    pages = tile_of(memory).pages
    found = []
    zones = [list(run) for _, run in groupby(enumerate(memory.cells), lambda item: _zone(item[1]))]
    if in_turns := len(zones) > _MOST_TURNS:
        zones = [list(enumerate(memory.cells))]
    for run in zones:
        node, zone = (None, None) if in_turns else _zone(run[0][1])
        for part in _runs(run, pages):
            first, last = (part[i][1].pfn // pages for i in (0, -1))
            cells = tuple(index for index, _ in part)
            found.append(Strip(node, zone, first, last - first + 1, cells, in_turns))
    return tuple(found)


def _zone(cell: MapCell) -> tuple[int | None, str | None]:
    return cell.node, cell.zone


def _runs(cells: list[tuple[int, MapCell]], pages: int) -> Iterator[list[tuple[int, MapCell]]]:
    start = 0
    for i in range(1, len(cells)):
        if cells[i][1].pfn // pages - cells[i - 1][1].pfn // pages > LONGEST_GAP:
            yield cells[start:i]
            start = i
    yield cells[start:]
