"""What `top` and `diff` say of summaries, alone and beside dumps, and what they refuse."""

import csv
import io
from pathlib import Path

import pytest

from tests.conftest import DumpPath
from tests.support.tool import Tool

UNIX = " alloc_pages_noprof+0x1/0x2\n unix_stream_sendmsg+0x1/0x2 [unix]\n"
EXT4 = " alloc_pages_noprof+0x1/0x2\n ext4_read_folio+0x1/0x2 [ext4]\n"
DISK = " alloc_pages_noprof+0x1/0x2\n ext4_read_inline_page+0x1/0x2 [ext4]\n"

RECORD = (
    "Page allocated via order {order}, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (a), ts {ts} ns\n"
    "PFN {ts:#x} type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n{stack}\n"
)

Row = dict[str, str]


def load(tool: Tool, name: str, text: str, *words: str) -> None:
    path = tool.folder / f"{name}.txt"
    path.write_text(text)
    tool.ok("load", path, *words)


def counts(field: str, **pages: int) -> str:
    """A show_stacks file; UNIX=3 is that stack with its count."""
    stacks = {"UNIX": UNIX, "EXT4": EXT4, "DISK": DISK}
    return "".join(f"{stacks[name]}{field}: {number}\n\n" for name, number in pages.items())


def records(**pages: int) -> str:
    """A dump of single pages."""
    stacks = [stack for name, number in pages.items() for stack in [name] * number]
    return "".join(
        RECORD.format(order=0, ts=number, stack={"UNIX": UNIX, "EXT4": EXT4, "DISK": DISK}[stack])
        for number, stack in enumerate(stacks, 1)
    )


def asked(tool: Tool, *words: str | Path) -> tuple[list[Row], list[str]]:
    done = tool.ok(*words, "--format", "csv")
    return list(csv.DictReader(io.StringIO(done.out))), done.err.splitlines()


def picked(rows: list[Row], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def load_what_lacks_something(tool: Tool) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=30))
    load(tool, "c", counts("stack_count", UNIX=30))
    load(tool, "h", "handle: 5\nnr_base_pages: 7\n\n")
    load(tool, "b", f"{UNIX}handle: 5\n\n", "--boot", "X")
    load(tool, "d", records(UNIX=3))


KEYS = {
    "owner": ("unix_stream_sendmsg", "ext4_read_folio"),
    "subsystem": ("net/unix", "ext4"),
    "module": ("unix", "ext4"),
    "function-stack": (
        "alloc_pages\nunix_stream_sendmsg",
        "alloc_pages\next4_read_folio",
    ),
}


@pytest.mark.sampled
@pytest.mark.parametrize("key", KEYS)
def test_top_of_show_stacks(tool: Tool, key: str) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=30, EXT4=10), "--page-size", "16K")
    rows, said = asked(tool, "top", "s", "--by", key)
    column = key.replace("-", "_")
    assert picked(rows, column, "records", "pages", "bytes", "share") == [
        (KEYS[key][0], "", "30", "491520", "0.75"),
        (KEYS[key][1], "", "10", "163840", "0.25"),
    ]
    assert said == [
        "s: total 40 pages of 16384 bytes, 640 KiB",
        "s: counts base pages, not allocations",
        "s: such a file does not hold every stack",
    ]


def test_top_by_function_counts_a_stack_for_each(tool: Tool) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=30, EXT4=10))
    rows, _ = asked(tool, "top", "s", "--by", "function")
    assert picked(rows, "function", "pages", "share")[0] == ("alloc_pages", "40", "1.0")


@pytest.mark.thorough
def test_a_selection(tool: Tool) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=30, EXT4=10, DISK=5))
    for words in (("--module", "ext4"), ("--owner", "ext4_read_folio")):
        rows, _ = asked(tool, "top", "s", "--by", "owner", *words)
        assert ("ext4_read_folio", "10") in picked(rows, "owner", "pages")
        assert all("unix" not in row["owner"] for row in rows)
    rows, said = asked(tool, "top", "s", "--by", "module", "--function", "unix_stream_sendmsg")
    assert picked(rows, "module", "pages", "share") == [("unix", "30", "1.0")]
    assert said[0].startswith("s: selected 30 pages ")


@pytest.mark.thorough
def test_nothing_has_no_share_of_nothing(tool: Tool) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=0, EXT4=0))
    rows, _ = asked(tool, "top", "s", "--by", "module")
    assert picked(rows, "module", "bytes", "share") == [("ext4", "0", ""), ("unix", "0", "")]


def test_the_count_of_linux_6_9(tool: Tool) -> None:
    load(tool, "a", counts("stack_count", UNIX=3, EXT4=10))
    load(tool, "b", counts("stack_count", UNIX=9))
    rows, said = asked(tool, "top", "a", "--by", "owner")
    assert picked(rows, "owner", "records", "pages", "bytes") == [
        ("ext4_read_folio", "10", "", ""),
        ("unix_stream_sendmsg", "3", "", ""),
    ]
    assert said[:2] == ["a: total 13 records", "a: counts allocations, not their pages"]
    rows, _ = asked(tool, "diff", "a", "b", "--by", "owner")
    assert picked(rows, "status", "owner", "old_records", "new_records", "delta_bytes") == [
        ("gone", "ext4_read_folio", "10", "0", ""),
        ("grown", "unix_stream_sendmsg", "3", "9", ""),
    ]
    told = tool.fails(2, "diff", "a", "b", "--min-delta", "4K")
    assert told == "--min-delta: these dumps count allocations, not their size"


@pytest.mark.thorough
def test_diff_of_summaries_and_dumps(tool: Tool) -> None:
    load(tool, "s", counts("nr_base_pages", UNIX=30, EXT4=10))
    load(tool, "t", counts("nr_base_pages", UNIX=35))
    load(tool, "u", counts("nr_base_pages", UNIX=36))
    load(tool, "d", records(UNIX=33, EXT4=10, DISK=2))
    columns = ("status", "owner", "old_pages", "new_pages", "delta_pages", "delta_records")
    rows, said = asked(tool, "diff", "s", "t", "--by", "owner")
    assert picked(rows, *columns) == [
        ("gone", "ext4_read_folio", "10", "0", "-10", ""),
        ("grown", "unix_stream_sendmsg", "30", "35", "5", ""),
    ]
    assert said[0] == (
        "s to t: 40 to 35 (\N{MINUS SIGN}5) pages of 4096 bytes (assumed), "
        "160 KiB to 140 KiB (\N{MINUS SIGN}20.0 KiB)"
    )
    rows, _ = asked(tool, "diff", "s", "d", "--by", "owner")
    assert picked(rows, *columns) == [
        ("grown", "unix_stream_sendmsg", "30", "33", "3", ""),
        ("new", "ext4_read_inline_page", "0", "2", "2", ""),
        ("same", "ext4_read_folio", "10", "10", "0", ""),
    ]
    assert picked(rows, "old_records", "new_records")[0] == ("", "33")
    # Medians of one side, by the exact stack.
    rows, _ = asked(tool, "diff", "--old", "s,t,u", "--new", "d")
    assert picked(rows, "status", "old_pages", "new_pages") == [
        ("new", "0", "10"),
        ("shrunk", "35", "33"),
        ("new", "0", "2"),
    ]


@pytest.mark.thorough
def test_what_page_owner_sort_printed(tool: Tool) -> None:
    text = (
        f"3 times, 6 pages, PID 7, task_comm_name: a:\n{UNIX}\n"
        f"1 times, 2 pages, PID 8, task_comm_name: b:\n{EXT4}\n"
    )
    load(tool, "sorted", text)
    for key, first in (("comm", "a"), ("pid", "7"), ("owner", "unix_stream_sendmsg")):
        rows, said = asked(tool, "top", "sorted", "--by", key)
        assert picked(rows, key, "records", "pages", "share")[0] == (first, "3", "6", "0.75")
        assert said == ["sorted: total 4 records, 8 pages of 4096 bytes (assumed), 32.0 KiB"]
    rows, _ = asked(tool, "top", "sorted", "--by", "comm", "--name", "b")
    assert picked(rows, "comm", "pages") == [("b", "2")]


def test_reports_in_a_log(tool: Tool) -> None:
    line = "page last allocated via order 3, migratetype Movable, gfp_mask 0x1(x), pid 1, ts 5\n"
    load(tool, "log", line + UNIX)
    rows, said = asked(tool, "top", "log", "--by", "owner", "--by", "order")
    assert picked(rows, "owner", "order", "records", "pages") == [
        ("unix_stream_sendmsg", "3", "1", "8")
    ]
    assert said[1:] == ["log: pages that were reported one by one, not all memory"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("top", "s", "--by", "comm"), "s: this dump has no process names (comm); it has pages, "),
        (("top", "s", "--by", "order"), "s: this dump has no order; it has pages, stack"),
        (("top", "s", "--pid", "1"), "s: this dump has no pid; it has pages, stack"),
        (("top", "s", "--since", "boot+1s"), "s: this dump has no allocation times (alloc_ts); "),
        (("top", "h", "--by", "owner"), "h: this dump has handles and no stacks; load a file of "),
        (("top", "h", "--module", "ext4"), "h: this dump has handles and no stacks; load a file "),
        (("top", "b"), "b: a show_stacks_handles file counts nothing; it lends its stacks to "),
        (("diff", "s", "b"), "b: a show_stacks_handles file counts nothing; "),
        (("diff", "s", "d", "--by", "comm"), "s: this dump has no process names (comm); "),
        (("diff", "s", "c"), "s, c: one counts pages, another allocations (stack_count, Linux "),
    ],
)
def test_what_makes_no_sense_is_refused(tool: Tool, words: tuple[str, ...], told: str) -> None:
    tool.once(__name__, lambda: load_what_lacks_something(tool))
    assert tool.fails(1, *words).startswith(told)


@pytest.mark.thorough
def test_handles_and_their_stacks(tool: Tool) -> None:
    load(tool, "h", "handle: 5\nnr_base_pages: 7\n\nhandle: -6\nnr_base_pages: 1\n\n")
    rows, said = asked(tool, "top", "h")
    assert picked(rows, "stack", "pages") == [
        ("handle 5 (stack not known)", "7"),
        ("handle 4294967290 (stack not known)", "1"),
    ]
    assert said[1] == (
        "h: 2 of 2 handles have no stack that is known; they hold 8 pages, 100.0 % of the dump"
    )
    load(tool, "b", f"{UNIX}handle: 5\n\n")
    rows, said = asked(tool, "top", "h", "--by", "owner")
    assert picked(rows, "owner", "pages") == [("unix_stream_sendmsg", "7"), ("(no stack)", "1")]
    assert said[1:3] == [
        "h: stacks of handles are those of b",
        "h: 1 of 2 handles have no stack that is known; they hold 1 pages, 12.5 % of the dump",
    ]


@pytest.mark.thorough
@pytest.mark.slow
def test_how_much_the_real_show_stacks_covers(tool: Tool, dump: DumpPath) -> None:
    names = ("show_stacks", "boot", "t0", "t1")
    tool.ok("load", *(dump(f"linux-7.3/{name}.txt") for name in names))
    _, said = asked(tool, "top", "show_stacks", "--by", "owner")
    # None of these is of its moment.
    assert said[2] == "show_stacks: such a file does not hold every stack"
    tool.ok("load", dump("linux-7.3/t2.txt"))
    _, said = asked(tool, "top", "show_stacks", "--by", "owner")
    assert said[2] == (
        "show_stacks: such a file does not hold every stack; it has 47,939 of the 119,700 pages "
        "(40.0 %) of t2, the dump that fits it, and lacks its stack with 55,304 pages of "
        "unix_dgram_sendmsg"
    )
    rows, _ = asked(tool, "diff", "show_stacks", "t2", "--by", "owner")
    assert sum(int(row["delta_pages"]) for row in rows) == 119_700 - 47_939
    assert picked(rows, "owner", "delta_pages")[0] == ("unix_dgram_sendmsg", str(56_948 - 1_750))
