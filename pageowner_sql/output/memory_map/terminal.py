"""The map in the terminal: two spots per character, in its upper and lower half."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from string import ascii_letters
from typing import TYPE_CHECKING

from pageowner_sql.output import units
from pageowner_sql.output.memory_map.colors import Legend, cell_color, layer_of, legend_of
from pageowner_sql.output.memory_map.layout import Strip, strips, tile_of
from pageowner_sql.output.palette import INK
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.columns import Columns
    from rich.console import Group
    from rich.text import Text

    from pageowner_sql.output.model import MapLayer, MemoryMap

_UPPER = "\N{UPPER HALF BLOCK}"
_LOWER = "\N{LOWER HALF BLOCK}"
# Pale cells fade into this colour, which contrasts with light and dark terminals.
_FREE = "#7d8691"
_STRAY = "\N{BLACK SMALL SQUARE}"
_GUTTER = 12
_HEIGHT = 48


@dataclass(slots=True)
class _Spot:
    """The content of one half of a character."""

    allocated: int = 0
    stray: int = 0
    shares: Counter[str] = field(default_factory=Counter)

    @property
    def value(self) -> str | None:
        """Its largest value, or None without records."""
        return self.shares.most_common(1)[0][0] if self.shares else None


@dataclass(frozen=True, slots=True)
class _Style:
    """How spots are drawn: `pages` per spot, `columns` spots per row."""

    legend: Legend
    pages: int
    columns: int
    color: bool

    @property
    def halves(self) -> int:
        """Rows of spots per line of text."""
        return 2 if self.color else 1

    def letter(self, value: str) -> str:
        """Return the letter of a value, by its index in the legend."""
        places = list(self.legend.colors)
        place = places.index(value) if value in self.legend.colors else len(places)
        return ascii_letters[place % len(ascii_letters)]


def map_text(memory: MemoryMap, by: str, width: int, *, color: bool = True) -> Group:
    """Return the map as a rich renderable of at most `width` columns.

    Without colour each spot is the letter of its value in the legend, or a dot without records.
    Raises UsageError if the map has no such layer.
    """
    from rich.console import Group
    from rich.text import Text

    layer = layer_of(memory, by)
    columns = max(8, width - _GUTTER)
    style = _Style(legend_of(layer), _pages_a_spot(memory, columns), columns, color)
    lines = [Text(f"{printable(memory.title)}: physical memory by {layer.title}", style="bold")]
    for strip in strips(memory):
        lines.append(Text(strip.heading(tile_of(memory).pages), style="dim"))
        lines += _strip_lines(_spots(memory, layer, strip, style.pages), style, strip, memory)
    return Group(*lines, _legend(memory, style), Text(_note(memory, style), style="dim"))


def _pages_a_spot(memory: MemoryMap, columns: int) -> int:
    """Pages per spot: the smallest number of cells with which the map fits the height."""
    whole = sum(strip.blocks for strip in strips(memory)) * tile_of(memory).pages
    return max(1, ceil(whole / (columns * _HEIGHT) / memory.cell_pages)) * memory.cell_pages


def _spots(memory: MemoryMap, layer: MapLayer, strip: Strip, pages: int) -> list[_Spot]:
    tile = tile_of(memory)
    first = strip.first_block * tile.pages
    spots = [_Spot() for _ in range(ceil(strip.blocks * tile.pages / pages))]
    for index in strip.cells:
        cell = memory.cells[index]
        spot = spots[(cell.pfn - first) // pages]
        spot.allocated += cell.allocated
        spot.stray += cell.stray
        spot.shares.update(dict(layer.shares[index]))
    return spots


def _strip_lines(
    spots: list[_Spot], style: _Style, strip: Strip, memory: MemoryMap
) -> Iterator[Text]:
    from rich.text import Text

    step = style.columns * style.halves
    pfn = strip.first_block * tile_of(memory).pages
    for start in range(0, len(spots), step):
        row = spots[start : start + step]
        line = _painted(row, style) if style.color else _spelt(row, style)
        yield Text.assemble((f"{pfn + start * style.pages:#11x} ", "dim"), line)


def _painted(row: list[_Spot], style: _Style) -> Text:
    """One line of text: the row's first `columns` spots above, the rest below."""
    from rich.style import Style
    from rich.text import Text

    line = Text()
    lower = row[style.columns :]
    for i, upper in enumerate(row[: style.columns]):
        below = lower[i] if i < len(lower) else _Spot()
        colors = [_color(spot, style) for spot in (upper, below)]
        if upper.stray or below.stray:
            line.append(_STRAY, Style(color=INK, bgcolor=colors[0] or colors[1]))
        elif colors[0]:
            line.append(_UPPER, Style(color=colors[0], bgcolor=colors[1]))
        else:
            line.append(_LOWER if colors[1] else " ", Style(color=colors[1]))
    return line


def _color(spot: _Spot, style: _Style) -> str | None:
    if spot.value is None:
        return None
    return cell_color(style.legend, spot.value, spot.allocated / style.pages, _FREE)


def _spelt(row: list[_Spot], style: _Style) -> Text:
    from rich.text import Text

    def letter(spot: _Spot) -> str:
        if spot.value is None:
            return "."
        return "!" if spot.stray else style.letter(spot.value)

    return Text("".join(map(letter, row)))


def _legend(memory: MemoryMap, style: _Style) -> Columns:
    from rich.columns import Columns
    from rich.text import Text

    return Columns(
        Text.assemble(
            ("\N{FULL BLOCK}", color) if style.color else style.letter(name),
            f" {printable(name)} ",
            (units.size(pages * memory.page_size), "dim"),
        )
        for name, color, pages in style.legend.entries()
    )


def _note(memory: MemoryMap, style: _Style) -> str:
    spot = units.size(style.pages * memory.page_size)
    empty = "empty" if style.color else "a dot"
    note = f"one spot is {spot}; {empty}: no known owner"
    stray = sum(cell.stray for cell in memory.cells)
    if stray:
        mark = _STRAY if style.color else "!"
        note += f"; {mark} {units.count(stray)} unmovable pages in movable pageblocks"
    return note
