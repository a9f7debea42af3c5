"""The real dumps against the kernel's own accounts, loaded beside them as people load them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import DumpPath
from tests.support import FIXTURES, ROOT
from tests.support.runs import Row, json_rows
from tests.support.tool import Tool

ACCOUNTS = ("pagetypeinfo", "zoneinfo", "buddyinfo", "slabinfo", "vmallocinfo")
# Kernel, the column that counts the mixed block, and what that block is: CMA is counted as Movable.
MIXED = [("linux-6.1", "Reclaimable", "Reclaimable"), ("linux-7.3", "Movable", "CMA")]

pytestmark = pytest.mark.slow


def asked(tool: Tool, name: str, **values: str) -> list[Row]:
    params = [word for key, value in values.items() for word in ("--param", f"{key}={value}")]
    return json_rows(tool.ok("query", name, *params, "--format", "json").out)


def load(tool: Tool, kernel: str) -> None:
    """The last dump of a run, all accounts beside it; meminfo and allocinfo bear its name."""
    folder = FIXTURES / kernel
    beside = [str(folder / f"{name}.xz") for name in ACCOUNTS]
    tool.ok("load", folder / "t2.txt.xz", "--with", *beside)


@pytest.mark.thorough
@pytest.mark.parametrize(("kernel", "counted", "kind"), MIXED)
def test_mixed_pageblocks_are_those_of_pagetypeinfo(
    tool: Tool, kernel: str, counted: str, kind: str
) -> None:
    load(tool, kernel)
    rows = asked(tool, "fragmentation/mixed_pageblocks", dump="t2")
    assert [row["mixed_blocks"] for row in rows] == [row["kernel_mixed_blocks"] for row in rows]
    assert {row["migratetype"]: row["mixed_blocks"] for row in rows if row["mixed_blocks"]} == {
        counted: 1
    }
    assert sum(row["kernel_blocks"] for row in rows) == 600
    assert {row["zone_name"] for row in rows} == {"DMA32"}
    # The page that mixes it is found, and whose it is.
    by = asked(tool, "fragmentation/mixed_by", dump="t2", top="100")
    assert {row["pageblock_migratetype"] for row in by} == {kind}


@pytest.mark.thorough
@pytest.mark.parametrize(("kernel", "most"), [("linux-6.1", 0.011), ("linux-7.3", 0.003)])
def test_memory_in_use_is_explained(tool: Tool, kernel: str, most: float) -> None:
    load(tool, kernel)
    rows = asked(tool, "quality/reconcile", dump="t2")
    held = {(row["section"], row["item"]): row["bytes"] for row in rows}
    in_use = held["total", "in use"]
    assert held["total", "MemTotal"] - held["total", "MemFree"] == in_use
    beside = sum(size for (section, _), size in held.items() if section == "beside")
    left = held["unexplained", "unexplained"]
    assert held["explained", "all of page_owner"] + beside + left == in_use
    assert abs(left) < most * in_use
    classes = sum(
        size
        for (section, item), size in held.items()
        if section == "explained" and item != "all of page_owner"
    )
    assert classes == held["explained", "all of page_owner"]


@pytest.mark.thorough
def test_the_table_of_show_stacks_is_what_the_query_says(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t2.txt"), dump("linux-7.3/show_stacks.txt"))
    sums: dict[str, list[int]] = {}
    for row in asked(tool, "quality/show_stacks_check", dump="t2", summary="show_stacks"):
        each = sums.setdefault(row["verdict"], [0, 0, 0])
        for place, number in enumerate((1, row["pages"], row["summary_pages"])):
            each[place] += int(number)
    text = Path(ROOT / "docs" / "reconcile.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (same|differs|only in \w+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE
    )
    told = {row[0]: [int(number.replace(",", "")) for number in row[1:]] for row in rows}
    assert told == sums
