"""The map: where cells stand, what colour they have, and that every picture shows them."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console

from pageowner_sql.errors import UsageError
from pageowner_sql.output import palette
from pageowner_sql.output.memory_map.colors import legend_of
from pageowner_sql.output.memory_map.data import map_data
from pageowner_sql.output.memory_map.layout import strips, tile_of
from pageowner_sql.output.memory_map.png import map_png
from pageowner_sql.output.memory_map.scene import build_scene
from pageowner_sql.output.memory_map.svg import map_svg
from pageowner_sql.output.memory_map.terminal import map_text
from pageowner_sql.output.model import MapCell, MapLayer, MemoryMap
from tests.pictures import sample

POWERS = st.integers(0, 10).map(lambda n: 1 << n)


def _memory(pfns: list[int], cell_pages: int, block_pages: int) -> MemoryMap:
    cells = tuple(MapCell(pfn * cell_pages, 1) for pfn in sorted(set(pfns)))
    layer = MapLayer("owner", "owner", tuple((("f", 1),) for _ in cells))
    return MemoryMap("m", cells, (layer,), cell_pages, block_pages)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=30), POWERS, POWERS, st.integers(1, 9))
def test_every_cell_has_a_place_of_its_own(
    pfns: list[int], cell_pages: int, block_pages: int, columns: int
) -> None:
    memory = _memory(pfns, cell_pages, block_pages)
    tile, found = tile_of(memory), strips(memory)
    assert [i for strip in found for i in strip.cells] == list(range(len(memory.cells)))
    for strip in found:
        places = {
            tile.place(memory.cells[i].pfn, memory.cell_pages, strip, columns) for i in strip.cells
        }
        assert len(places) == len(strip.cells)
        assert all(0 <= x < columns * tile.width and y >= 0 for x, y in places)


def test_a_long_hole_and_another_zone_begin_a_strip() -> None:
    memory = _memory([0, 1, 70, 200], 512, 512)
    cells = (*memory.cells[:3], replace(memory.cells[3], zone="Normal", node=1))
    found = strips(replace(memory, cells=cells))
    assert [strip.cells for strip in found] == [(0, 1), (2,), (3,)]
    assert found[2].heading(512) == "node 1 · zone Normal · frames 0x19000-0x191ff"


def test_values_past_the_palette_are_summed() -> None:
    shares = tuple(((f"owner{i}", 100 - i),) for i in range(15))
    layer = MapLayer("owner", "owner", shares)
    entries = list(legend_of(layer).entries())
    assert entries[0] == ("owner0", palette.CATEGORIES[0], 100)
    assert entries[-1] == ("4 others", palette.OTHER, 89 + 88 + 87 + 86)


def test_a_layer_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="cannot be coloured by 'node'; it can by: "):
        build_scene(sample.memory(), "node")


def test_the_legend_sums_to_what_is_allocated() -> None:
    memory = sample.memory()
    allocated = sum(cell.allocated for cell in memory.cells)
    for layer in memory.layers:
        assert sum(pages for _, _, pages in legend_of(layer).entries()) == allocated


def test_png_shows_cells_and_marks_strays() -> None:
    image = Image.open(io.BytesIO(map_png(sample.memory(), "subsystem"))).convert("RGB")
    colors = {color for _, color in image.getcolors(1 << 20) or []}
    assert image.width == 1240
    assert palette.rgb(palette.CATEGORIES[0]) in colors
    assert palette.rgb(palette.STRAY) in colors


def test_svg_is_well_formed_inert_and_tells_ranges() -> None:
    text = map_svg(sample.memory(), "comm")
    root = ET.fromstring(text)  # noqa: S314 - the test's own output
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert tags == {"svg", "g", "rect", "path", "text", "title"}
    assert titles[0] == "0x0-0x1ff"
    assert "&lt;/script&gt;" in text
    assert r"\x1b[31mred" in text


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("color", [True, False])
def test_the_terminal_map_keeps_to_the_width(width: int, color: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, width=width, color_system="truecolor" if color else None)
    console.print(map_text(sample.memory(), "comm", width, color=color))
    plain = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())
    assert "\x1b[31mred" not in file.getvalue()
    assert ("\x1b[" in file.getvalue()) == color
    assert max(map(len, plain.splitlines())) <= width
    assert "2 unmovable pages in movable pageblocks" in " ".join(plain.split())


def test_without_colour_each_spot_is_a_letter_of_the_legend() -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, no_color=True)
    console.print(map_text(sample.memory(), "subsystem", 80, color=False))
    text = file.getvalue()
    rows = re.findall(r"^ *0x[0-9a-f]+ ([a-zA-Z.!]+)$", text, re.MULTILINE)
    named = set(re.findall(r"([a-zA-Z]) [a-z][\w ]*? [\d.]+ [KM]iB", text))
    assert set("".join(rows)) - {".", "!"} <= named
    assert "!" in "".join(rows)


def test_the_page_gets_every_cell_and_all_sums() -> None:
    memory = sample.memory()
    data = map_data(memory)
    layers = {layer["by"]: layer for layer in data["layers"]}  # type: ignore[attr-defined]  # JSON
    assert data["pfn"] == [cell.pfn for cell in memory.cells]
    assert sum(layers["owner"]["pages"]) == sum(cell.allocated for cell in memory.cells)
    assert layers["age"]["ranked"]
    assert r"\x1b[31mred\x1b[0m" in layers["comm"]["values"]
