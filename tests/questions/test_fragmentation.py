"""Mixed pageblocks are counted as the kernel counts them, and the right stacks are blamed."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from pageowner_sql.dump.account_tables import account_cells
from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.kinds import Kind
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.memory_layout import (
    BLOCK,
    PAGEBLOCK_ORDER,
    Allocation,
    Zone,
    database,
    fill,
    zones,
)

# The database is emptied before each example.
EXAMPLES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
Row = dict[str, Any]


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with database() as connection:
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, name: str, **parameters: object) -> list[Row]:
    sql = (ROOT / "queries" / f"{name}.sql").read_text()
    result = connection.execute(sql, parameters)
    columns = [column[0] for column in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@pytest.mark.thorough
@EXAMPLES
@given(zones())
def test_mixed_pageblocks_are_those_the_kernels_walk_finds(
    memory: duckdb.DuckDBPyConnection, layout: list[Zone]
) -> None:
    fill(memory, layout)
    rows = ask(memory, "fragmentation/mixed_pageblocks", dump="d")
    found = {
        (row["node"], row["zone"], row["migratetype"]): row["mixed_blocks"]
        for row in rows
        if row["mixed_blocks"]
    }
    assert found == {
        (zone.node, zone.zone, kind): count
        for zone in layout
        for kind, count in zone.mixed().items()
    }
    by = ask(memory, "fragmentation/mixed_by", dump="d", top=10_000)
    assert len(by) == sum(found.values())
    assert all(row["migratetype"] != row["pageblock_migratetype"] for row in by)


PFN_LINE = re.compile(
    rb"\nPFN (0x)?([0-9a-f]+) type (\w+) Block ([0-9]+) type (\w+) Flags 0x[0-9a-f]+\(([^)\n]*)\)\n"
)


def load_real(connection: duckdb.DuckDBPyConnection, data: bytes, path: Path) -> None:
    """Fill live_allocations from a dump without any of this project's code."""
    with path.open("w") as file:
        for hexed, pfn, kind, block, block_kind, flags in PFN_LINE.findall(data):
            row = (str(int(pfn, 16 if hexed else 10)), kind.decode(), block.decode())
            file.write("\t".join((*row, block_kind.decode(), flags.decode())) + "\n")
    connection.execute(
        """
        INSERT INTO live_allocations BY NAME
        SELECT
            'd' AS dump, column0 AS pfn, column1 AS migratetype, column2 AS pageblock,
            column3 AS pageblock_migratetype, column4 AS flags,
            regexp_extract(column4, 'node=([0-9]+)', 1)::INTEGER AS node,
            regexp_extract(column4, 'zone=([0-9]+)', 1)::INTEGER AS zone
        FROM read_csv($path, delim = '\t', header = false, quote = '')
        """,
        {"path": str(path)},
    )


def load_account(connection: duckdb.DuckDBPyConnection, kind: Kind, data: bytes) -> None:
    for table, row in account_cells(parse_account(kind, [data])):
        places = ", ".join("?" for _ in range(len(row) + 1))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", [1, *row])


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["linux-6.1", "linux-7.3"])
def test_real_dumps_give_the_kernels_own_numbers(
    dump: DumpPath, tmp_path: Path, kernel: str
) -> None:
    with database() as connection:
        connection.execute("INSERT INTO dumps VALUES (1, 'd', 4096)")
        load_real(connection, dump(f"{kernel}/t2.txt").read_bytes(), tmp_path / "rows")
        for name in ("pagetypeinfo", "zoneinfo"):
            load_account(connection, Kind(name), dump(f"{kernel}/{name}").read_bytes())
        found = ask(connection, "fragmentation/mixed_pageblocks", dump="d")
        # Which zone is which follows from their number and order too.
        connection.execute("DELETE FROM zoneinfo")
        again = ask(connection, "fragmentation/mixed_pageblocks", dump="d")
    assert again == found
    assert [row["zone_name"] for row in found] == ["DMA32"] * 6
    assert [row["mixed_blocks"] for row in found] == [row["kernel_mixed_blocks"] for row in found]
    assert sum(row["mixed_blocks"] for row in found) == 1
    assert sum(row["kernel_blocks"] for row in found) == 600
    assert all(row["held_blocks"] <= row["kernel_blocks"] for row in found)


def test_a_zone_that_pagetypeinfo_alone_knows_is_listed(
    memory: duckdb.DuckDBPyConnection,
) -> None:
    types = dict.fromkeys(range(9), "Movable")
    fill(memory, [Zone(0, 2, 0, 64, types, (Allocation(8, 0, "Unmovable", False, 1),))])
    memory.execute("INSERT INTO dumps VALUES (1, 'd', 4096)")
    for zone in ("Normal", "DMA"):
        memory.execute(
            "INSERT INTO pagetype_blocks VALUES (1, 0, ?, 'Movable', true, 1, 9)", [zone]
        )
    unknown = ask(memory, "fragmentation/mixed_pageblocks", dump="d")
    for ord_, zone in enumerate(("DMA", "DMA32", "Normal")):
        row = [1, ord_, 0, zone, "zone", None, "free", 7]
        memory.execute("INSERT INTO zoneinfo VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    known = ask(memory, "fragmentation/mixed_pageblocks", dump="d")
    for table in ("dumps", "zoneinfo", "pagetype_blocks"):
        memory.execute(f"DELETE FROM {table}")
    # Two zones there, one here: nothing says which of them it is.
    assert [(row["zone"], row["zone_name"], row["kernel_mixed_blocks"]) for row in unknown] == [
        *((2, None, None), (None, "DMA", 1), (None, "Normal", 1)),
    ]
    assert [(row["zone"], row["zone_name"], row["mixed_blocks"]) for row in known] == [
        *((0, "DMA", 0), (2, "Normal", 1)),
    ]


def blame(layout: list[Zone], stacks: set[int]) -> dict[str, int]:
    """Work out page by page what blame says of an owner with these stacks."""
    pages = [
        (pfn >> PAGEBLOCK_ORDER, each.stack_id in stacks, each.migratetype != "Movable")
        for each in chain.from_iterable(zone.allocations for zone in layout)
        for pfn in range(each.pfn, each.end)
    ]
    blocks = {block for block, mine, stuck in pages if mine and stuck}
    others = {block for block, mine, _ in pages if not mine}
    others_stuck = {block for block, mine, stuck in pages if stuck and not mine}
    intruders = [
        (each.pfn >> PAGEBLOCK_ORDER, 1 << each.order)
        for zone in layout
        for each in zone.allocations
        if each.stack_id in stacks and each.migratetype != zone.type_of(each.pfn)
    ]
    return {
        "unmovable_pages": sum(mine and stuck for _, mine, stuck in pages),
        "blocks": len(blocks),
        "hostage_pages": len(blocks) * BLOCK
        - sum(stuck for block, _, stuck in pages if block in blocks),
        "blocks_if_gone": len({block for block, mine, _ in pages if mine} - others),
        "blocks_if_gone_and_compacted": len(blocks - others_stuck),
        "intruding_pages": sum(size for _, size in intruders),
        "mixed_blocks": len(
            {
                block + number
                for block, size in intruders
                for number in range(max(1, size >> PAGEBLOCK_ORDER))
            }
        ),
    }


@pytest.mark.thorough
@EXAMPLES
@given(zones())
def test_the_blame_is_what_a_look_at_every_page_gives(
    memory: duckdb.DuckDBPyConnection, layout: list[Zone]
) -> None:
    fill(memory, layout)
    stacks = {each.stack_id for zone in layout for each in zone.allocations}
    if not any(each.pfn >= BLOCK for zone in layout for each in zone.allocations):
        return  # nothing in the dump tells the size of its pageblocks
    rows = ask(memory, "fragmentation/blame", dump="d", by="stack", top=100)
    assert {row["stack_id"]: {k: row[k] for k in blame([], set())} for row in rows} == {
        stack: blame(layout, {stack}) for stack in stacks
    }
    rows = ask(memory, "fragmentation/blame", dump="d", by="owner", top=100)
    assert {row["owner"]: {k: row[k] for k in blame([], set())} for row in rows} == {
        f"owner{owner}": blame(layout, {2 * owner, 2 * owner + 1})
        for owner in {stack // 2 for stack in stacks}
    }


def test_what_cannot_leave_a_cma_block_is_named_with_its_reason(
    memory: duckdb.DuckDBPyConnection,
) -> None:
    kinds = ["Movable", "Movable", "Unmovable", "Reclaimable", "Unmovable", "Unmovable"]
    stacks = [1, 2, 3, 1, 1, 1]
    allocations = tuple(
        Allocation(pfn, 0, kind, False, stack)
        for pfn, (kind, stack) in enumerate(zip(kinds, stacks, strict=True), 8)
    )
    types = {1: "CMA", 2: "Movable"}
    outside = Allocation(16, 0, "Unmovable", False, 1)
    fill(memory, [Zone(0, 0, 8, 24, types, (*allocations, outside))])
    memory.execute(
        """
        INSERT INTO frames VALUES
            (1, 0, 'post_alloc_hook'), (2, 0, '__gup_longterm_locked'),
            (3, 0, 'alloc_contig_range'), (3, 1, '__cma_alloc')
        """
    )
    rows = ask(memory, "fragmentation/cma_intruders", dump="d", top=9)
    memory.execute("DELETE FROM frames")
    assert {row["why"]: (row["stack_id"], row["pages"], row["pageblocks"]) for row in rows} == {
        "unmovable": (1, 2, 1),
        "pinned": (2, 1, 1),
        "contiguous": (3, 1, 1),
        "reclaimable": (1, 1, 1),
    }
