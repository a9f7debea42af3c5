"""Keys: classes of memory, and what only vendors' kernels print."""

from __future__ import annotations

from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.errors import MissingFieldError
from pageowner_sql.sql.grouping import Key
from tests.support import FIXTURES
from tests.support.runs import json_rows
from tests.support.tool import Tool

FRAMES = b" post_alloc_hook+0x11/0x22\n __alloc_pages+0x55/0x66\n ext4_bread+0x77/0x88 [ext4]\n\n"


def vendor_dump(folder: Path) -> Path:
    """A record of each use that a vendor's kernel tells, and one of none."""
    lines = {
        b"0x10": b"SLAB_PAGE slab_name:kmalloc-32\n",
        b"0x20": b"FILE_PAGE dev 8:1 ino:1234 index:0x7\n",
        b"0x21": b"FILE_PAGE dev 8:1 ino:1234 index:0x8\n",
        b"0x30": b"ANON_PAGE address 0x7f0000001000\n",
        b"0x40": b"",
    }
    path = folder / "vendor.txt"
    path.write_bytes(
        b"".join(
            b"Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 70, tgid 60 (probe), "
            b"ts 91000000 ns\n" + line + b"PFN " + pfn + b" type Unmovable Block 0 type Unmovable "
            b"Flags 0xfff00000000000(node=0|zone=1|lastcpupid=0x7ff)\n" + FRAMES
            for pfn, line in lines.items()
        )
    )
    return path


@pytest.fixture
def vendor(tmp_path: Path) -> po.Session:
    db = po.open()
    db.load(vendor_dump(tmp_path))
    return db


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Key.SLAB_NAME, {"kmalloc-32": 1, None: 4}),
        (Key.PAGE_FILE, {"8:1 ino 1234": 2, None: 3}),
        (Key.PAGE_USE, {"SLAB_PAGE": 1, "FILE_PAGE": 2, "ANON_PAGE": 1, None: 1}),
    ],
)
def test_what_vendors_print_is_a_key_and_a_filter(
    vendor: po.Session, key: Key, expected: dict[str | None, int]
) -> None:
    rows = vendor.top(by=key).dicts()
    assert {row[key.column]: row["records"] for row in rows} == expected
    for value, records in expected.items():
        if value is None:
            chosen = po.where(**{f"not_{key.column}": "*"})
        else:
            chosen = po.where(**{key.column: value})
        found = vendor.top(by="order", where=chosen)
        assert [row["records"] for row in found.dicts()] == [records]
        shown = vendor.sql(vendor.top(by=key, where=chosen).sql).dicts()
        assert [(row[key.column], row["records"]) for row in shown] == [(value, records)]


def test_a_dump_of_no_vendor_has_none_of_it(real_runs: Path) -> None:
    with po.open(real_runs) as db, pytest.raises(MissingFieldError, match="no slab_name"):
        db.top("7.3/t0", by="slab-name")


def test_an_offline_cgroup_is_a_key() -> None:
    with po.open() as db:
        db.load(FIXTURES / "field" / "32-rfc-memcg-wording.txt")
        [row] = db.top(by="memcg-offline", where=po.where(memcg_offline="true")).dicts()
    assert (row["memcg_offline"], row["records"]) == ("true", 1)


@pytest.mark.thorough
def test_classes_are_those_that_reconcile_compares(tool: Tool, dump_with_meminfo: Path) -> None:
    tool.ok("load", dump_with_meminfo, "--label", "t2")
    rows = json_rows(tool.ok("top", "t2", "--by", "class", "--format", "json").out)
    query = ("query", "quality/reconcile", "--param", "dump=t2", "--format", "json")
    compared = json_rows(tool.ok(*query).out)
    assert {row["class"]: row["bytes"] for row in rows} == {
        row["item"]: row["bytes"]
        for row in compared
        if row["section"] == "explained" and row["item"] != "all of page_owner"
    }
    uncounted = "SELECT DISTINCT class FROM live_allocations ANTI JOIN class_counters USING (class)"
    found = json_rows(tool.ok("sql", uncounted, "--format", "json").out)
    assert {row["class"] for row in found} == {"early boot", "vmalloc", "other kernel memory"}


@pytest.fixture
def dump_with_meminfo() -> Path:
    return FIXTURES / "linux-7.3" / "t2.txt.xz"


@pytest.mark.thorough
def test_what_no_counter_has_is_listed_by_owner(tool: Tool, dump_with_meminfo: Path) -> None:
    done = tool.ok("top", dump_with_meminfo, "--by", "owner", "--class", "other kernel memory")
    assert "anon_pipe_write" in done.out
    done = tool.run("top", "t2", "--class", "uncovered")
    assert done.code == 1
    assert "nothing has this in t2; there is kernel stacks, anonymous memory," in done.err


def test_a_summary_with_stacks_has_classes() -> None:
    """Its stacks say of most pages what flags and allocators say of a record."""
    with po.open() as db:
        db.load(FIXTURES / "linux-7.3" / "show_stacks.txt.xz")
        rows = {row["class"]: row["pages"] for row in db.top(by="class").dicts()}
        chosen = db.top(by="owner", where=po.where(class_="page tables")).dicts()
    assert {"slab", "page cache", "anonymous memory", "shmem", "percpu"} <= set(rows)
    assert sum(row["pages"] for row in chosen) == rows["page tables"]


def test_leaks_are_told_by_class_too(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        rows = db.leaks("7.3/t0", "7.3/t1", "7.3/t2", by="class").dicts()
        ages = db.leaks("7.3/t2", by="class").dicts()
    assert (rows[0]["class"], rows[0]["verdict"]) == ("slab", "leak")
    assert {row["class"] for row in ages} <= {row["class"] for row in rows}
