"""`map`: every page lies in its cell once, by whatever it is coloured."""

from pathlib import Path

import pytest

from pageowner_sql.output.model import MemoryMap
from pageowner_sql.questions.memory_map import LayerKey, layers_of, memory_map
from pageowner_sql.sql import filters
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.support.runs import dumps_of
from tests.support.tool import Tool

STRAY = """
    SELECT coalesce(sum(pages), 0)::BIGINT FROM allocations
    WHERE dump = $dump AND migratetype = 'Unmovable' AND pageblock_migratetype = 'Movable'
"""
# Every base page of every allocation as a row of its own: slow, and nothing to get wrong.
PAGES = """
    SELECT (frame // $cell) * $cell, count(*)
    FROM (SELECT pfn + unnest(range(pages)) AS frame FROM allocations WHERE dump = $dump)
    GROUP BY 1 ORDER BY 1
"""


def drawn(path: Path, label: str, most_cells: int = 30_000) -> tuple[MemoryMap, int, int]:
    """The map in every layer, the dump's pages, and those that are stray."""
    with Database.open(path, Mode.READ) as database:
        [dump] = dumps_of(database, [label])
        memory = memory_map(database, dump, layers_of(dump), most_cells=most_cells)
        return memory, dump.pages, database.rows(STRAY, {"dump": label})[0][0]


@pytest.mark.sampled
@pytest.mark.parametrize("most_cells", [30_000, 300, 40])
@pytest.mark.parametrize("label", ["7.3/t2", "6.1/t0", "5.10/t0"])
def test_every_layer_holds_every_page_once(real_runs: Path, label: str, most_cells: int) -> None:
    memory, pages, stray = drawn(real_runs, label, most_cells)
    assert 0 < len(memory.cells) <= most_cells
    assert sum(cell.allocated for cell in memory.cells) == pages
    assert sum(cell.stray for cell in memory.cells) == stray
    assert memory.pageblock_pages == 512
    for layer in memory.layers:
        for cell, shares in zip(memory.cells, layer.shares, strict=True):
            held = [part for _, part in shares]
            assert sum(held) == cell.allocated
            assert held == sorted(held, reverse=True)


def test_each_cell_holds_the_pages_that_lie_in_it(real_runs: Path) -> None:
    memory, _, _ = drawn(real_runs, "7.3/t2")
    with Database.open(real_runs, Mode.READ) as database:
        expected = database.rows(PAGES, {"dump": "7.3/t2", "cell": memory.cell_pages})
    assert [(cell.pfn, cell.allocated) for cell in memory.cells] == expected


def sparse(every: int, count: int = 4000, nodes: int = 1) -> str:
    """A dump whose every so many pageblocks hold one page; nodes alternate."""
    return "".join(
        f"Page allocated via order 0, mask 0xcc0(GFP_KERNEL)\n"
        f"PFN {block << 9} type Unmovable Block {block} type Movable Flags 0x0(node={i % nodes})\n"
        f" pte_alloc_one+0x14/0x55\n handle_mm_fault+0x4f5/0x7bd\n\n"
        for i, block in enumerate(range(8, 8 + every * count, every))
    )


@pytest.mark.thorough
@pytest.mark.parametrize(("every", "nodes"), [(3, 2), (20, 1), (100, 1)])
def test_sparse_memory_is_still_a_picture(tool: Tool, every: int, nodes: int) -> None:
    """It is coarser, and says what a cell is, rather than long."""
    (tool.folder / "sparse.txt").write_text(sparse(every, nodes=nodes))
    tool.ok("load", tool.folder / "sparse.txt")
    tool.ok("map", "sparse", "-o", tool.folder / "m.svg")
    svg = (tool.folder / "m.svg").read_text()
    assert int(svg.partition(' height="')[2].partition('"')[0]) < 2500
    assert "one cell is" in svg
    assert ("one tile per pageblock" in svg) == (every < 100)
    assert ("nodes and zones alternate" in svg) == (nodes > 1)
    assert len(tool.ok("map", "sparse").out.splitlines()) < 250


@pytest.mark.thorough
def test_the_layers_are_those_that_the_dump_knows(real_runs: Path) -> None:
    assert [layer.by for layer in drawn(real_runs, "7.3/t0")[0].layers] == list(LayerKey)
    lacking = [layer.by for layer in drawn(real_runs, "5.10/t0")[0].layers]
    assert lacking == ["owner", "subsystem", "migratetype", "order"]


def test_a_selection_holds(real_runs: Path) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        [dump] = dumps_of(database, ["7.3/t2"])
        [(pages,)] = database.rows(
            "SELECT sum(pages)::BIGINT FROM allocations WHERE dump = '7.3/t2' AND comm = 'dd'"
        )
        memory = memory_map(database, dump, [LayerKey.COMM], filters.where(name="dd"))
    assert sum(cell.allocated for cell in memory.cells) == pages
    assert {value for shares in memory.layers[0].shares for value, _ in shares} == {"dd"}


@pytest.mark.thorough
def test_the_command_draws_to_files_and_the_terminal(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"))
    for name, start in (("m.png", b"\x89PNG"), ("m.svg", b"<svg")):
        tool.ok("map", "t0", "--by", "age", "-o", tool.folder / name)
        assert start in (tool.folder / name).read_bytes()[:200]
    done = tool.ok("map", "t0", "--by", "migratetype")
    assert "Movable" in done.out
    assert "\x1b" not in done.out
    assert ".png or .svg" in tool.fails(2, "map", "t0", "-o", tool.folder / "m.gif")
    sql = tool.ok("map", "t0", "--show-sql").out
    assert "SELECT" in sql
    assert "$" not in sql


def test_what_a_dump_does_not_know_is_no_colour(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-5.10/boot.txt"))
    assert "no allocation times" in tool.fails(1, "map", "boot", "--by", "age")
