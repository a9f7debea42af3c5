"""`page`: the block that holds a page, its neighbours, its pageblock; what lies in a range."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import pageowner_sql as po
from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.questions.page import PageRange, page_range
from tests.support import FIXTURES, PAGE_OWNER_DUMPS, covering
from tests.support.runs import Row, json_rows
from tests.support.tool import Tool

Block = dict[str, Any]


@pytest.mark.parametrize(
    ("word", "page_size", "expected"),
    [
        ("19245", 4096, PageRange(19245, 19245, single=True)),
        ("0x4b2d000", 4096, PageRange(0x4B2D, 0x4B2D, single=True)),
        ("0x4b2dfff", 4096, PageRange(0x4B2D, 0x4B2D, single=True)),
        ("0x4b2d0000", 65536, PageRange(0x4B2D, 0x4B2D, single=True)),
        ("pfn:0x4b2d", 65536, PageRange(0x4B2D, 0x4B2D, single=True)),
        ("PFN 0x4B2D", 4096, PageRange(0x4B2D, 0x4B2D, single=True)),
        ("pfn=19245", 4096, PageRange(19245, 19245, single=True)),
        ("512-1023", 4096, PageRange(512, 1023, single=False)),
        ("0x00200000-0x003fffff", 4096, PageRange(512, 1023, single=False)),
        ("pfn:0x200 - pfn:0x3ff", 4096, PageRange(512, 1023, single=False)),
        ("7-7", 4096, PageRange(7, 7, single=False)),
    ],
)
def test_a_page_is_a_number_an_address_or_a_range(
    word: str, page_size: int, expected: PageRange
) -> None:
    assert page_range(word, page_size) == expected


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", "not a page"),
        ("-1", "not a page"),
        ("4b2d", "not a page"),
        ("1-2-3", "not a page"),
        ("9" * 4301, "not a page"),
        ("0x" + "f" * 17, "not a page"),
        ("9" * 19, "below 2\\^52"),
        ("1023-512", "ends before it begins"),
    ],
)
def test_another_word_is_refused(word: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        page_range(word, 4096)


def blocks_of(database: Path, label: str) -> list[Block]:
    with po.open(database) as db:
        blocks = db.allocations(label).dicts()
    for block in blocks:
        block["last_pfn"] = block["pfn"] + block["pages"] - 1
    return sorted(blocks, key=lambda block: (block["pfn"], block["ord"]))


def parts(rows: list[Row], part: str) -> list[Row]:
    return [row for row in rows if row["part"] == part]


def sums(blocks: list[Block], low: int, high: int) -> Counter[tuple[Any, ...]]:
    """Pages inside by owner, subsystem and migratetype."""
    found: Counter[tuple[Any, ...]] = Counter()
    for block in blocks:
        inside = min(block["last_pfn"], high) - max(block["pfn"], low) + 1
        if inside > 0:
            found[block["owner"], block["subsystem"], block["migratetype"]] += inside
    return found


def said_sums(rows: list[Row]) -> Counter[tuple[Any, ...]]:
    return Counter(
        {(row["owner"], row["subsystem"], row["migratetype"]): row["pages"] for row in rows}
    )


@pytest.mark.sampled
@pytest.mark.parametrize(
    "name",
    covering(PAGE_OWNER_DUMPS, lambda name: name in ("linux-5.10/t0.txt", "linux-7.3/boot.txt")),
)
def test_any_page_of_a_real_dump_has_the_blocks_that_its_records_say(
    real_runs: Path, name: str
) -> None:
    label = name.removeprefix("linux-").removesuffix(".txt")
    blocks = blocks_of(real_runs, label)
    chosen = random.Random(name)  # noqa: S311  # pages to look at
    large = [block for block in blocks if block["order"] >= 3]
    pages = [chosen.choice(blocks)["pfn"], chosen.choice(large)["last_pfn"]]
    pages += [chosen.randrange(blocks[-1]["last_pfn"]), 0, blocks[-1]["last_pfn"] + 5]
    with po.open(real_runs) as db:
        for page in pages:
            rows = db.page(page, label).dicts()
            holding = [each for each in blocks if each["pfn"] <= page <= each["last_pfn"]]
            below = [each for each in blocks if each["last_pfn"] < page]
            above = [each for each in blocks if each["pfn"] > page]
            assert [row["pfn"] for row in parts(rows, "block")] == [b["pfn"] for b in holding]
            for row, block in zip(parts(rows, "block"), holding, strict=True):
                same = ("order", "pages", "bytes", "owner", "comm", "pid", "tgid", "stack", "flags")
                assert {key: row[key] for key in same} == {key: block[key] for key in same}
            assert [row["last_pfn"] for row in parts(rows, "before")] == [
                max(b["last_pfn"] for b in below) for _ in below[:1]
            ]
            assert [row["pfn"] for row in parts(rows, "after")] == [b["pfn"] for b in above[:1]]
            low, high = page >> 9 << 9, (page >> 9 << 9) + 511
            assert said_sums(parts(rows, "pageblock")) == sums(blocks, low, high)
            for row in parts(rows, "around"):
                low = page >> row["order"] << row["order"]
                high = low + (1 << row["order"]) - 1
                assert (row["pfn"], row["last_pfn"]) == (low, high)
                assert row["pages"] == sum(sums(blocks, low, high).values())
            there = sums(blocks, page >> 9 << 9, (page >> 9 << 9) + 511)
            if there and max((block["order"] for block in holding), default=0) < 9:
                assert parts(rows, "around")[-1]["order"] == 9


@pytest.mark.thorough
def test_a_range_lists_its_blocks_and_sums_them_by_owner(real_runs: Path) -> None:
    blocks = blocks_of(real_runs, "7.3/t2")
    large = next(block for block in blocks if block["order"] == 9)
    first, last = large["pfn"] + 100, large["last_pfn"] + 3000
    with po.open(real_runs) as db:
        result = db.page(f"{first}-{last}", "7.3/t2")
        rows, caption = result.dicts(), str(result.caption())
    inside = [each for each in blocks if each["last_pfn"] >= first and each["pfn"] <= last]
    assert [row["pfn"] for row in parts(rows, "block")] == [block["pfn"] for block in inside]
    assert said_sums(parts(rows, "range")) == sums(blocks, first, last)
    assert sum(row["records"] for row in parts(rows, "range")) == len(inside)
    pages = sum(sums(blocks, first, last).values())
    stuck = sum(n for key, n in sums(blocks, first, last).items() if key[2] != "Movable")
    assert f"{pages:,} of {last - first + 1:,} pages are allocated" in caption
    assert f"in {len(inside):,} blocks; {stuck:,} pages are not Movable" in caption


def test_a_page_in_words(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    done = tool.ok("page", "0x695123", "7.3/t2")
    assert (
        "7.3/t2: page 1685 (pfn 0x695, address 0x695000) is page 6 of 8 in block 1680 of "
        "mem_cgroup_css_alloc (memcg), by swapper/0; of its pageblock 1536-2047 (Unmovable) 512 of "
        "512 pages are allocated; it is not mixed"
    ) in done.out
    assert "< mem_cgroup_css_alloc+0x" in done.err
    assert parts(json_rows(tool.ok("page", "1685", "7.3/t2", "--format", "json").out), "block")


def test_a_mixed_pageblock_is_called_so(tool: Tool, real_runs: Path) -> None:
    """The one that the named query knows."""
    tool.db = real_runs
    [mixed, *_] = json_rows(
        tool.ok("query", "fragmentation/mixed_by", "--param", "dump=7.3/t2", "--format", "json").out
    )
    done = tool.ok("page", str(mixed["pfn"]), "7.3/t2")
    assert f"it is mixed: {mixed['intruding_pages']} {mixed['migratetype']}" in done.out


def test_a_page_that_no_record_covers_has_its_neighbours_named(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    done = tool.ok("page", "3", "7.3/t2")
    assert "page 3 (pfn 0x3, address 0x3000) is in no record" in done.out
    assert "the nearest after: block 256-256 of register_early_stack (early boot)" in done.err
    assert "the nearest before" not in done.err
    done = tool.ok("page", "0-255", "7.3/t2")
    assert "0 of 256 pages are allocated" not in done.out
    assert "no record lies there" in done.out
    assert "the nearest after: block 256-256" in done.err


@pytest.mark.thorough
def test_a_selection_holds_for_pages_too(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    rows = json_rows(
        tool.ok("page", "1024-300000", "7.3/t2", "--comm", "cat", "--format", "json").out
    )
    assert {row["comm"] for row in parts(rows, "block")} == {"cat"}
    limited = tool.ok("page", "1024-300000", "7.3/t2", "--limit", "3", "--format", "json").out
    assert [row["part"] for row in json_rows(limited)] == ["range"] * 3


@pytest.mark.thorough
def test_a_table_has_the_first_rows_of_each_part(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    done = tool.ok("page", "1024-300000", "7.3/t2")
    lines = [line.split()[0] for line in done.out.splitlines()[2:-1]]
    assert Counter(lines) == {"range": 10, "block": 10, "before": 1, "after": 1}
    assert "all rows" in done.err
    done = tool.ok("page", "1024-2047", "7.3/t2", "--limit", "0")
    assert sum(line.startswith("block") for line in done.out.splitlines()) > 500


def test_a_summary_without_page_frame_numbers_says_so(tool: Tool) -> None:
    path = FIXTURES / "linux-7.3" / "show_stacks.txt.xz"
    done = tool.run("page", "1", path)
    assert done.code == 1
    assert "this summary (show_stacks) has no page frame numbers" in done.err


@pytest.mark.thorough
def test_page_reports_say_whose_their_pages_are(tool: Tool) -> None:
    path = FIXTURES / "field" / "11-util-linux-dmesg-caller.txt"
    done = tool.ok("page", "pfn:0x4b2d", path)
    assert "is page 1 of 2 in block 19245 of ext4_bread (ext4), by probe" in done.out
    [block] = json_rows(tool.ok("page", "19246", path, "--format", "json").out)
    assert (block["part"], block["pfn"], block["order"]) == ("block", 19245, 1)
    done = tool.ok("page", "7", path)
    assert "is in no record" in done.out
    assert "the nearest after: block 19245-19246 of ext4_bread (ext4), by probe" in done.err


def test_errors_come_before_anything_is_read(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        with pytest.raises(UsageError, match="not a page"):
            db.page("what", "7.3/t2")
        with pytest.raises(InputError, match="nothing has this"):
            db.page(1, "7.3/t2", where=po.where(comm="nobody-is-called-so"))
