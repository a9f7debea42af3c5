"""Handles stand for stacks where a dump of the same boot shows both, and only there."""

import re
from pathlib import Path

import pytest

from tests.conftest import DumpPath
from tests.support.tool import Tool

# Enough to tell one boot from another.
OLDEST = 40


def record(number: int, handle: int, stack: str | None, boot: int) -> bytes:
    """One record of print mode handle, or stack_handle where `stack` is given."""
    ts = boot * 1_000_000_007 + number * 1_000
    frames = "".join(f" {frame}\n" for frame in stack.split(" < ")) if stack else ""
    return (
        f"Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (a), ts {ts} ns\n"
        f"PFN {number:#x} type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
        f"{frames}handle: {handle}\n\n"
    ).encode()


def dump_of(boot: int, stacks: dict[int, str | None]) -> bytes:
    """A dump with OLDEST records for each handle."""
    pairs = [(handle, stack) for handle, stack in stacks.items() for _ in range(OLDEST)]
    return b"".join(
        record(number, handle, stack, boot) for number, (handle, stack) in enumerate(pairs, 1)
    )


def summary(stacks: dict[int, str]) -> bytes:
    """A show_stacks_handles file."""
    blocks = [
        "".join(f" {frame}\n" for frame in stack.split(" < ")) + f"handle: {handle}\n\n"
        for handle, stack in stacks.items()
    ]
    return "".join(blocks).encode()


UNIX = "alloc_pages_noprof+0x1/0x2 < unix_stream_sendmsg+0x1/0x2 [unix]"
EXT4 = "alloc_pages_noprof+0x1/0x2 < ext4_read_folio+0x1/0x2 [ext4]"
UNKNOWN = "handle 7 (stack not known)"


def load(tool: Tool, name: str, data: bytes, *words: str) -> None:
    path = tool.folder / f"{name}.txt"
    path.write_bytes(data)
    tool.ok("load", path, *words)


def stacks_of(tool: Tool, label: str) -> dict[object, str]:
    rows = tool.rows(
        "SELECT DISTINCT handle, stack FROM live_allocations WHERE dump = $label", label=label
    )
    return {handle: str(stack).replace("\n", " < ") for handle, stack in rows}


@pytest.mark.thorough
def test_a_stack_that_another_dump_of_the_boot_shows(tool: Tool) -> None:
    load(tool, "handles", dump_of(1, {5: None, 7: None}))
    assert stacks_of(tool, "handles") == {5: UNKNOWN.replace("7", "5"), 7: UNKNOWN}
    # Whatever was loaded first, and until it is removed.
    load(tool, "both", dump_of(1, {5: UNIX}))
    assert stacks_of(tool, "handles") == {5: UNIX, 7: UNKNOWN}
    tool.ok("dumps", "rm", "both")
    assert stacks_of(tool, "handles") == {5: UNKNOWN.replace("7", "5"), 7: UNKNOWN}


def test_a_dump_of_another_boot_lends_nothing(tool: Tool) -> None:
    load(tool, "handles", dump_of(1, {5: None}))
    load(tool, "both", dump_of(2, {5: UNIX}))
    assert stacks_of(tool, "handles") == {5: UNKNOWN.replace("7", "5")}


@pytest.mark.thorough
def test_a_file_that_does_not_tell_its_boot_lends_where_there_is_but_one(tool: Tool) -> None:
    load(tool, "handles", dump_of(1, {5: None, 7: None}))
    load(tool, "show", summary({5: UNIX}))
    assert stacks_of(tool, "handles") == {5: UNIX, 7: UNKNOWN}
    # A second boot: the file can be of either now.
    load(tool, "other", dump_of(2, {7: EXT4}))
    assert stacks_of(tool, "handles") == {5: UNKNOWN.replace("7", "5"), 7: UNKNOWN}


@pytest.mark.thorough
def test_boots_that_are_said(tool: Tool) -> None:
    load(tool, "a", dump_of(1, {5: None}), "--boot", "A")
    load(tool, "b", dump_of(2, {5: None}), "--boot", "B")
    load(tool, "show", summary({5: UNIX}), "--boot", "A")
    load(tool, "more", summary({5: EXT4}), "--boot", "B")
    assert stacks_of(tool, "a") == {5: UNIX}
    assert stacks_of(tool, "b") == {5: EXT4}


@pytest.mark.thorough
def test_machines_that_are_said(tool: Tool) -> None:
    load(tool, "a", dump_of(1, {5: None}), "--host", "one")
    load(tool, "show", summary({5: UNIX}), "--host", "two")
    assert stacks_of(tool, "a") == {5: UNKNOWN.replace("7", "5")}


def test_a_file_that_contradicts_what_is_known_lends_nothing(tool: Tool) -> None:
    load(tool, "handles", dump_of(1, {5: None, 7: None}))
    load(tool, "both", dump_of(1, {5: UNIX}))
    load(tool, "show", summary({5: EXT4, 7: EXT4}))
    assert stacks_of(tool, "handles") == {5: UNIX, 7: UNKNOWN}


@pytest.mark.thorough
def test_two_stacks_of_one_handle(tool: Tool) -> None:
    load(tool, "handles", dump_of(1, {5: None, 7: None}), "--boot", "A")
    load(tool, "one", summary({5: UNIX, 7: EXT4}), "--boot", "A")
    load(tool, "two", summary({7: UNIX}), "--boot", "A")
    assert stacks_of(tool, "handles") == {5: UNIX, 7: UNKNOWN}


def test_the_bytes_and_the_report_stay_those_of_the_dump(tool: Tool) -> None:
    data = dump_of(1, {5: None})
    load(tool, "handles", data)
    load(tool, "show", summary({5: UNIX}))
    assert tool.text("handles") == data
    target = tool.folder / "sorted"
    tool.ok("sort", "--dump", "handles", target, "--cull=stacktrace")
    text = target.read_text()
    assert "handle: 5\n" in text
    assert "unix" not in text
    assert "not known" not in text


@pytest.mark.thorough
@pytest.mark.slow
def test_the_real_dump(tool: Tool, dump: DumpPath) -> None:
    """show_stacks_handles lacks many handles; the dump with stacks and handles knows nearly all."""
    handles = dump("linux-7.3/t2.handle.txt")
    tool.ok("load", handles, dump("linux-7.3/show_stacks_handles.txt"))
    seen = set(re.findall(rb"^handle: (\d+)$", handles.read_bytes(), re.MULTILINE))
    listed = set(
        re.findall(
            rb"^handle: (\d+)$",
            dump("linux-7.3/show_stacks_handles.txt").read_bytes(),
            re.MULTILINE,
        )
    )
    unknown = """
        SELECT count(DISTINCT handle), count(DISTINCT stack)
        FROM live_allocations WHERE dump = 't2.handle' AND stack LIKE '%(stack not known)'
    """
    assert (len(seen), len(seen - listed)) == (431, 162)
    assert tool.rows(unknown) == [(162, 162)]
    tool.ok("load", dump("linux-7.3/t2.stack_handle.txt"))
    shown = re.findall(rb"^handle: (\d+)$", dump_bytes(dump), re.MULTILINE)
    assert tool.rows(unknown) == [(len(seen - listed - set(shown)),) * 2]
    [(pages,)] = tool.rows(
        "SELECT sum(pages) FROM live_allocations "
        "WHERE dump = 't2.handle' AND owner LIKE 'unix_dgram%'"
    )
    assert int(str(pages)) > 64_000


def dump_bytes(dump: DumpPath) -> bytes:
    return Path(dump("linux-7.3/t2.stack_handle.txt")).read_bytes()
