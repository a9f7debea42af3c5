"""leaks over the kernel's own sums by stack, which have neither times nor processes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.asking import ask_official_client, csv_rows
from tests.support.machine import SECOND, STACKS, Machine
from tests.support.runs import Row, json_rows
from tests.support.tool import Tool

TIMES = (60, 120, 180, 240)


def show_stacks(machine: Machine, at: float, counted: str = "nr_base_pages") -> str:
    """What the kernel would show of the machine at that time."""
    pages: Counter[str] = Counter()
    for block in machine.blocks:
        if block.born <= at * SECOND < block.freed:
            pages[block.stack] += 1 << block.order
    return "".join(
        f" {STACKS[stack].rstrip()}\n{counted}: {count}\n\n" for stack, count in pages.items()
    )


@pytest.fixture(scope="module")
def machine() -> Machine:
    made = Machine(240)
    made.leak("leaky", "unix", 20)
    made.step("database", "anon", 150, 8000)
    made.churn("builder", "kmalloc", 100, 3)
    made.leak("writer", "page cache", 60)
    return made


def load(tool: Tool, label: str, text: str, *words: str) -> str:
    path = tool.folder / f"{label}.txt"
    path.write_text(text)
    tool.ok("load", path, *words)
    return label


def at(second: int) -> tuple[str, str, str, str]:
    return "--boot", "b", "--captured-at", f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}"


@pytest.fixture
def run(tool: Tool, machine: Machine) -> list[str]:
    """Four summaries of one boot, loaded."""
    texts = {f"s{each}": (show_stacks(machine, each), *at(each)) for each in TIMES}
    tool.once(__name__, lambda: [load(tool, label, *text) for label, text in texts.items()])
    return list(texts)


def rows(tool: Tool, *words: str) -> list[Row]:
    return json_rows(tool.ok("leaks", *words, "--format", "json").out)


@pytest.mark.thorough
def test_the_leaking_stack_comes_first(tool: Tool, run: list[str]) -> None:
    found = rows(tool, *run, "--by", "owner")
    assert [(row["owner"], row["verdict"]) for row in found[:3]] == [
        ("unix_dgram_sendmsg", "leak"),
        ("handle_mm_fault", "one-time growth"),
        ("ext4_da_write_begin", "page cache filling"),
    ]
    assert found[0]["slope_bytes_per_hour"] == pytest.approx(20 * 4096 * 3600, rel=0.1)
    assert found[0]["survivors_share"] is None
    assert "unix_dgram_sendmsg" in rows(tool, *run)[0]["stack"]
    assert rows(tool, *run, "--by", "subsystem")[0]["subsystem"] == "net/unix"


@pytest.mark.thorough
def test_it_says_what_such_files_lack(tool: Tool, run: list[str]) -> None:
    told = tool.ok("leaks", *run).err
    assert "by --captured-at" in told
    assert told.count("such a file does not hold every stack") == len(run)


@pytest.mark.thorough
def test_what_is_shown_gives_the_same_rows_everywhere(tool: Tool, run: list[str]) -> None:
    call = ("leaks", *run, "--by", "owner", "--format", "csv")
    shown = tool.ok(*call, "--show-sql").out
    owners = [row["owner"] for row in csv_rows(tool.ok(*call).out)]
    assert [
        row["owner"] for row in csv_rows(tool.ok("sql", shown, "--format", "csv").out)
    ] == owners
    assert [row["owner"] for row in csv_rows(ask_official_client(tool.db, shown))] == owners


def test_it_needs_times_and_a_boot(tool: Tool, machine: Machine) -> None:
    text = {each: show_stacks(machine, each) for each in TIMES}
    one, two = (load(tool, f"a{each}", text[each]) for each in TIMES[:2])
    assert "load all of them with --captured-at" in tool.fails(1, "leaks", one, two)
    timed = [load(tool, f"b{each}", text[each], *at(each)[2:]) for each in TIMES[2:]]
    assert "of one dump there is nothing else" in tool.fails(1, "leaks", one)
    assert "say so with: dumps set LABEL --boot ID" in tool.fails(1, "leaks", *timed)
    assert "of one dump there is nothing else to go by" in tool.fails(1, "leaks", timed[0])


def test_what_cannot_be_asked(tool: Tool, machine: Machine, run: list[str]) -> None:
    assert "no process names (comm)" in tool.fails(1, "leaks", *run, "--by", "comm")
    dump = load(tool, "dump", machine.snapshot(200), *at(200))
    assert "cannot be added up" in tool.fails(2, "leaks", *run[:3], dump)
    counts = [
        load(tool, f"c{each}", show_stacks(machine, each, "stack_count"), *at(each))
        for each in TIMES[:2]
    ]
    assert "counts allocations, not their pages" in tool.fails(1, "leaks", *counts)


@pytest.mark.thorough
def test_a_handle_takes_its_stack_from_another_dump(tool: Tool, machine: Machine) -> None:
    """Sums by handle are followed by stack where one file of the boot shows both."""
    numbers = {stack: number for number, stack in enumerate(STACKS, 1)}
    labels = []
    for each in TIMES:
        text = show_stacks(machine, each)
        for stack, number in numbers.items():
            text = text.replace(f" {STACKS[stack].rstrip()}\n", f"handle: {number}\n")
        labels.append(load(tool, f"h{each}", text, *at(each)))
    # Nothing tells that one of the two is page cache.
    assert {row["stack"] for row in rows(tool, *labels)[:2]} == {
        f"handle {numbers[stack]} (stack not known)" for stack in ("unix", "page cache")
    }
    both = "".join(f" {STACKS[stack].rstrip()}\nhandle: {n}\n\n" for stack, n in numbers.items())
    load(tool, "both", both, *at(250))
    assert rows(tool, *labels, "--by", "owner")[0]["owner"] == "unix_dgram_sendmsg"


def test_a_path_is_loaded_on_the_way(tool: Tool, machine: Machine, tmp_path: Path) -> None:
    """Such a file has no time, so `leaks` on bare paths says what to do."""
    for each in TIMES[:2]:
        (tmp_path / f"p{each}.txt").write_text(show_stacks(machine, each))
    done = tool.run("leaks", *(tmp_path / f"p{each}.txt" for each in TIMES[:2]))
    assert done.code == 1
    assert "--captured-at" in done.err
