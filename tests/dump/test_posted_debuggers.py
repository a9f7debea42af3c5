"""What debuggers and crash tools print of page_owner is read, each as a kind of its own."""

from __future__ import annotations

from pageowner_sql.dump.posted.text import read_posted
from tests.support.tool import Tool

TRACKING = b"""\
PFN : 0x4b2c-0x4b2d Page : 0xfffffffe000cb2c0 Order : 1 PID : 70 Comm: probe ts_nsec 91000000 \
gfp 0xcc0 pgext 0xc
      [<ffffffc008001234>] post_alloc_hook+0x1c4
      [<ffffffc008005678>] ext4_bread+0x158

PFN : 0x9999-0x9999 Page : 0xfffffffe000cb2c0 Order : 0 PID : 71 ts_nsec 92000000
      [<ffffffc008001234>] post_alloc_hook+0x1c4

"""
FREQUENCY = b"""\
Allocated 12 times, total memory: 96 KB
      [<ffffffc008001234>] post_alloc_hook+0x1c4
      [<ffffffc008005678>] ext4_bread+0x158
pid:70 order:1 frequency:12 memory:96 KB

"""
DUMP = b"""\
No of pfns :2
Pfns :[19245, 19246]
call stack :
      [<ffffffc008001234>] post_alloc_hook+0x1c4

"""
MINIDUMP = b"""\
19245 7 2
ffffffc008001234
ffffffc008005678
19246 7 0
19300 9 1
ffffffc008009abc
"""


def load(tool: Tool, text: bytes) -> str:
    path = tool.folder / "x.txt"
    path.write_bytes(text)
    tool.ok("load", path)
    assert tool.text("x") == text
    return str(tool.rows("SELECT kind FROM dumps")[0][0])


def test_page_tracking_of_a_ramdump(tool: Tool) -> None:
    assert load(tool, TRACKING) == "page_tracking"
    sql = 'SELECT pfn, "order", pid, comm, alloc_ts, gfp_mask FROM page_reports ORDER BY ord'
    assert tool.rows(sql) == [
        (0x4B2C, 1, 70, "probe", 91000000, 0xCC0),
        (0x9999, 0, 71, None, 92000000, None),
    ]
    sql = "SELECT function FROM frames WHERE stack_id = 1 ORDER BY pos"
    assert tool.rows(sql) == [("post_alloc_hook",), ("ext4_bread",)]


def test_page_frequency_of_a_ramdump(tool: Tool) -> None:
    assert load(tool, FREQUENCY) == "page_frequency"
    assert tool.rows("SELECT times, pages FROM sorted_rows") == [(12, 24)]
    assert "ext4_bread" in tool.ok("top", "x").out


def test_stacks_of_a_minidump(tool: Tool) -> None:
    assert load(tool, MINIDUMP) == "minidump"
    sql = "SELECT handle, allocations, stack_text(stack_id) FROM stack_counts ORDER BY ord"
    assert tool.rows(sql) == [
        (7, 2, "0xffffffc008001234\n0xffffffc008005678"),
        (9, 1, "0xffffffc008009abc"),
    ]


def test_stacks_of_a_minidump_with_their_symbols(tool: Tool) -> None:
    assert load(tool, DUMP) == "pageowner_dump"
    assert tool.rows("SELECT allocations FROM stack_counts") == [(2,)]


def test_a_text_of_numbers_is_no_minidump() -> None:
    assert read_posted(b"1 2 3\nhello\n") is None
    assert read_posted(b"ffffffc008001234\n" * 9) is None
