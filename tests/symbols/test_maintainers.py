"""MAINTAINERS: whose a file is, and where the ownership rules say something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pageowner_sql.symbols.maintainers import Maintainers, is_maintainers, read_maintainers
from tests.support import FIXTURES
from tests.support.runs import json_rows
from tests.support.tool import Tool

MAINTAINERS = FIXTURES / "MAINTAINERS"


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("net/unix/af_unix.c", ["NETWORKING [GENERAL]"]),
        (
            "net/ipv4/tcp_input.c",
            ["NETWORKING [TCP]", "NETWORKING [IPv4/IPv6]", "NETWORKING [GENERAL]"],
        ),
        ("net/ipv4/fib_trie.c", ["NETWORKING [IPv4/IPv6]", "NETWORKING [GENERAL]"]),
        ("fs/ext4/inode.c", ["EXT4 FILE SYSTEM"]),
        ("fs/buffer.c", ["FILESYSTEMS (VFS and infrastructure)"]),
        ("fs/iomap/iter.c", ["IOMAP FILESYSTEM LIBRARY"]),
        ("mm/slub.c", ["SLAB ALLOCATOR", "MEMORY MANAGEMENT"]),
        ("mm/filemap.c", ["PAGE CACHE", "MEMORY MANAGEMENT"]),
        ("drivers/char/agp/generic.c", ["THE REST"]),
        ("drivers/dma-buf/dma-buf.c", ["DMA BUFFER SHARING FRAMEWORK"]),
        ("kernel/fork.c", ["THE REST"]),
    ],
)
def test_the_nearest_entry_comes_first(path: str, entries: list[str]) -> None:
    found = Maintainers(read_maintainers(MAINTAINERS.read_text())).of(path)
    names = [entry.name for entry in found]
    assert names[: len(entries)] == entries
    assert set(names) - {*entries} <= {"THE REST"}


def test_an_entry_has_its_mail_and_state() -> None:
    text = MAINTAINERS.read_text()
    assert is_maintainers(text)
    entries = {entry.name: entry for entry in read_maintainers(text)}
    ext4 = entries["EXT4 FILE SYSTEM"]
    assert ext4.status == "Maintained"
    assert ext4.people[0] == '"Theodore Ts\'o" <tytso@mit.edu>'
    assert ext4.mail.endswith(", linux-ext4@vger.kernel.org")
    assert "List of maintainers" not in " ".join(entries)


def test_names_are_searched_in_the_whole_path() -> None:
    text = "A\nM:\ta\nF:\tdrivers/a/\nN:\tqcom[^/]*\n\nB\nM:\tb\nF:\tdrivers/\nX:\tdrivers/c/\n\n"
    found = Maintainers(read_maintainers(text))
    assert [entry.name for entry in found.of("drivers/clk/qcom/x.c")] == ["B", "A"]
    assert [entry.name for entry in found.of("arch/qcom-x.c")] == ["A"]
    assert found.of("drivers/c/x.c") == []


def test_hostile_patterns_take_no_time() -> None:
    text = f"A\nF:\t{'*a' * 30}b\nF:\tx**y?\nN:\t(a+)+b\nN:\t{'a?' * 40}{'a' * 40}\n\n"
    [entry] = read_maintainers(text)
    assert entry.names == ()
    assert entry.closeness("a" * 4000) is None
    assert [entry.closeness(path) is None for path in ("x1y2", "xyz", "y", "xy")] == [0, 0, 1, 1]


def test_entries_are_found_by_their_first_folder() -> None:
    entries = [f"E{at}\nM:\tx\nF:\td{at % 90}/e{at}/\n\n" for at in range(3000)]
    found = Maintainers(read_maintainers("".join(entries)))
    for at in range(500):
        assert [each.name for each in found.of(f"d{at % 90}/e{at}/x.c")] == [f"E{at}"]


@pytest.fixture
def mapped(resolved: Tool) -> Tool:
    resolved.ok("symbols", "add", MAINTAINERS)
    return resolved


@pytest.mark.thorough
def test_memory_is_counted_by_entry(mapped: Tool) -> None:
    rows = json_rows(mapped.ok("top", "r4", "--by", "maintainer-entry", "--format", "json").out)
    held = {row["maintainer_entry"]: row["records"] for row in rows}
    assert sum(held.values()) == 36532
    assert held["ZRAM COMPRESSED RAM BLOCK DEVICE DRVIER"] > 300
    words = ("--by", "owner", "--maintainer-entry", "ZRAM*", "--format", "json")
    owners = {row["owner"] for row in json_rows(mapped.ok("top", "r4", *words).out)}
    assert "zram_submit_bio" in owners
    shown = mapped.ok("top", "r4", "--by", "maintainer-entry", "--limit", "0", "--show-sql").out
    assert json_rows(mapped.ok("sql", shown, "--format", "json").out) == rows


@pytest.mark.thorough
def test_disagreements_are_listed(mapped: Tool) -> None:
    words = ("--param", "dump=r4", "--format", "json")
    rows = json_rows(mapped.ok("query", "owners/maintainers", *words).out)
    found = {(row["subsystem"], row["owner"]): (row["usual_entry"], row["entry"]) for row in rows}
    assert found["buffer heads", "folio_alloc_buffers"] == (
        "EXT4 FILE SYSTEM",
        "FILESYSTEMS (VFS and infrastructure)",
    )
    assert ("ext4", "ext4_alloc_inode") not in found


def test_a_stack_is_explained_with_whom_to_write_to(tool: Tool, tmp_path: Path) -> None:
    """A decoded stack brings its files along."""
    path = tmp_path / "decoded.txt"
    path.write_text(
        "Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (init), ts 1 ns\n"
        "PFN 0x1 type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
        " __alloc_skb+0x1/0x2 net/core/skbuff.c:650\n"
        " unix_dgram_sendmsg+0x3/0x4 net/unix/af_unix.c:2144\n\n"
    )
    tool.ok("load", path)
    words = ("explain", "unix_dgram_sendmsg", "--maintainers", MAINTAINERS, "--format", "json")
    rows = json_rows(tool.ok(*words).out)
    owner = rows[-1]
    assert owner["maintainer_entry"] == "NETWORKING [GENERAL]"
    assert owner["maintainers"].startswith('"David S. Miller" <davem@davemloft.net>, ')
    told = tool.fails(1, "explain", "unix_dgram_sendmsg", "--maintainers", path)
    assert told == f"{path}: not the kernel's MAINTAINERS file"


def test_blanks_within_a_line_cost_their_number() -> None:
    # A quadratic pattern would take hours for so much.
    [entry] = read_maintainers(f"NET\nF:\tnet/\nS:\ta{' ' * 1_000_000}b  \n")
    assert entry.status.endswith(" b")
