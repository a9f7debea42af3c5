"""The map as rectangles and lines of text, for the PNG and SVG writers."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, isqrt
from typing import TYPE_CHECKING

from pageowner_sql.output import units
from pageowner_sql.output.memory_map.colors import Legend, cell_color, layer_of, legend_of
from pageowner_sql.output.memory_map.layout import Strip, Tile, scale_words, strips, tile_of
from pageowner_sql.output.palette import FREE, INK, MUTED, STRAY
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from pageowner_sql.output.model import MapLayer, MemoryMap

_WIDTH, _HEIGHT, _MARGIN = 1240, 900, 24
_SMALLEST, _LARGEST = 2, 10
_LINE = 20
_LETTER = 6.6  # the width of a letter at 12 px, rounded up


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled box in pixels; `title` is its tooltip."""

    x: int
    y: int
    width: int
    height: int
    color: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `y` is its baseline."""

    x: int
    y: int
    text: str
    size: int = 12
    color: str = INK
    bold: bool = False


@dataclass(slots=True)
class Scene:
    """A picture of `width` x `height` pixels; later boxes cover earlier ones."""

    width: int = _WIDTH
    height: int = 0
    rects: list[Rect] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Scale:
    """The pixels of a cell, and the number of tiles in a row."""

    cell: int
    border: int
    columns: int
    tile: Tile

    def box(self, x: int, y: int) -> tuple[int, int]:
        """Convert a cell's position in its strip into pixels."""
        return (
            x * self.cell + x // self.tile.width * self.border,
            y * self.cell + y // self.tile.height * self.border,
        )


def build_scene(memory: MemoryMap, by: str) -> Scene:
    """Draw the map coloured by one key. Raises UsageError if it has no such layer."""
    layer = layer_of(memory, by)
    parts = strips(memory)
    painter = _Painter(memory, layer, legend_of(layer), _scale(memory, parts), Scene())
    y = painter.draw_head()
    for strip in parts:
        y = painter.draw_strip(strip, y)
    painter.scene.height = y + _MARGIN
    return painter.scene


def _scale(memory: MemoryMap, parts: tuple[Strip, ...]) -> _Scale:
    tile = tile_of(memory)
    width = _WIDTH - 2 * _MARGIN
    cells = sum(strip.blocks for strip in parts) * tile.width * tile.height
    cell = min(_LARGEST, max(_SMALLEST, isqrt(width * _HEIGHT // max(1, cells))))
    border = 0 if tile.width * tile.height == 1 else 2
    columns = max(1, width // (tile.width * cell + border))
    return _Scale(cell, border, columns, tile)


@dataclass(frozen=True, slots=True)
class _Painter:
    memory: MemoryMap
    layer: MapLayer
    legend: Legend
    scale: _Scale
    scene: Scene

    def draw_head(self) -> int:
        """Draw title, explanation and legend; return the y at which strips begin."""
        scene, memory = self.scene, self.memory
        y = _MARGIN + 14
        title = f"{memory.title}: physical memory by {self.layer.title}"
        scene.texts.append(Text(_MARGIN, y, printable(title), size=18, bold=True))
        scene.texts.append(Text(_MARGIN, y + _LINE + 4, _explanation(memory), color=MUTED))
        y += 2 * _LINE + 8
        if stray := sum(cell.stray for cell in memory.cells):
            note = f"{units.count(stray)} unmovable pages in movable pageblocks"
            scene.rects.append(Rect(_MARGIN + 3, y - 7, 5, 5, STRAY))
            scene.texts.append(Text(_MARGIN + 16, y, note))
            y += _LINE
        return self._draw_legend(y) + _LINE

    def _draw_legend(self, y: int) -> int:
        x = _MARGIN
        for name, color, pages in self.legend.entries():
            text = f"{printable(name)}  {units.size(pages * self.memory.page_size)}"
            width = ceil(len(text) * _LETTER) + 34
            if x > _MARGIN and x + width > _WIDTH - _MARGIN:
                x, y = _MARGIN, y + _LINE
            self.scene.rects.append(Rect(x, y - 10, 11, 11, color))
            self.scene.texts.append(Text(x + 16, y, text))
            x += width
        return y

    def draw_strip(self, strip: Strip, y: int) -> int:
        """Draw one strip below `y`; return its lower edge."""
        memory, scale = self.memory, self.scale
        heading = strip.heading(scale.tile.pages)
        self.scene.texts.append(Text(_MARGIN, y + 12, heading, color=MUTED))
        top = y + _LINE
        self._draw_tiles(strip, top)
        for index in strip.cells:
            place = scale.tile.place(
                memory.cells[index].pfn, memory.cell_pages, strip, scale.columns
            )
            left, down = scale.box(*place)
            self._draw_cell(index, _MARGIN + left, top + down)
        rows = ceil(strip.blocks / scale.columns)
        return top + rows * (scale.tile.height * scale.cell + scale.border) + 10

    def _draw_cell(self, index: int, x: int, y: int) -> None:
        cell, side = self.memory.cells[index], self.scale.cell
        fill = cell.allocated / self.memory.cell_pages
        color = cell_color(self.legend, self.layer.shares[index][0][0], fill)
        self.scene.rects.append(Rect(x, y, side, side, color))
        if cell.stray:
            inset = side // 4
            mark = side - 2 * inset
            self.scene.rects.append(Rect(x + inset, y + inset, mark, mark, STRAY))

    def _draw_tiles(self, strip: Strip, top: int) -> None:
        tile, scale = self.scale.tile, self.scale
        for block in range(strip.blocks):
            down, right = divmod(block, scale.columns)
            left, y = scale.box(right * tile.width, down * tile.height)
            first = (strip.first_block + block) * tile.pages
            title = f"{first:#x}-{first + tile.pages - 1:#x}"
            size = (tile.width * scale.cell, tile.height * scale.cell)
            self.scene.rects.append(Rect(_MARGIN + left, top + y, *size, FREE, title))


def _explanation(memory: MemoryMap) -> str:
    return f"{scale_words(memory)}; paler cells have fewer pages with a known owner"
