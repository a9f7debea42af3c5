"""Stacks with their pages: written as show_stacks has them, and of many files in a table."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.errors import MissingFieldError
from tests.support import FIXTURES
from tests.support.runs import json_rows
from tests.support.tool import Tool

REAL = FIXTURES / "linux-7.3" / "show_stacks.txt.xz"
DUMPS = ("7.3/t0", "7.3/t1", "7.3/t2")


def blocks(text: bytes) -> dict[bytes, int]:
    """Pages by stack of a show_stacks file."""
    found = {}
    for block in text.split(b"\n\n")[:-1]:
        stack, _, pages = block.rpartition(b"\nnr_base_pages: ")
        found[stack] = int(pages)
    return found


def test_a_dump_is_written_as_the_kernel_prints_its_stacks(
    tool: Tool, real_runs: Path, tmp_path: Path
) -> None:
    """Of the real file of the same machine, read after the dump, 254 blocks are the very same."""
    tool.db = real_runs
    target = tmp_path / "stacks.txt"
    done = tool.ok("export", "7.3/t2", "--format", "show_stacks", "-o", target)
    assert f"{target.stat().st_size:,} bytes" in done.err
    written, real = blocks(target.read_bytes()), blocks(lzma.decompress(REAL.read_bytes()))
    assert len(written.items() & real.items()) == 254
    assert list(written.values()) == sorted(written.values(), reverse=True)
    assert sum(written.values()) == 119_700


@pytest.mark.thorough
def test_what_is_written_loads_with_the_same_sums(real_runs: Path, tmp_path: Path) -> None:
    with po.open(real_runs) as db:
        db.export("7.3/t1", tmp_path / "t1.stacks.gz", show_stacks=True)
        expected = {row["stack"]: row["pages"] for row in db.top("7.3/t1").dicts()}
        chosen = po.where(subsystem="net/unix")
        db.export("7.3/t1", tmp_path / "unix.stacks", where=chosen, show_stacks=True)
        some = {row["stack"]: row["pages"] for row in db.top("7.3/t1", where=chosen).dicts()}
        assert (
            b"".join(db.text("7.3/t1", where=chosen, show_stacks=True).rows()[0])
            in (tmp_path / "unix.stacks").read_bytes()
        )
    with po.open() as db:
        [whole, part] = db.load(tmp_path / "t1.stacks.gz", tmp_path / "unix.stacks")
        assert (whole.kind, whole.rejected) == ("show_stacks", 0)
        assert {row["stack"]: row["pages"] for row in db.top(whole.label).dicts()} == expected
        assert {row["stack"]: row["pages"] for row in db.top(part.label).dicts()} == some


def test_a_dump_without_pages_is_none_of_stacks() -> None:
    with po.open() as db:
        db.load(FIXTURES / "linux-7.3" / "t2.handle.txt.xz", label="handles")
        with pytest.raises(MissingFieldError, match="has handles and no stacks"):
            db.export("handles", "-", where=po.where(owner="*"), show_stacks=True)


@pytest.mark.thorough
def test_many_files_are_one_table(tool: Tool, real_runs: Path, tmp_path: Path) -> None:
    """Made of real dumps, with the real file between them."""
    with po.open(real_runs) as db:
        paths = [tmp_path / f"s{number}.txt" for number in range(3)]
        for label, path in zip(DUMPS, paths, strict=True):
            db.export(label, path, show_stacks=True)
    tool.ok("load", *paths, REAL)
    query = ("query", "runs/stacks", "--param", "top=5", "--format", "json")
    rows = json_rows(tool.ok(*query, "--param", "dumps=s[0-9]").out)
    assert [row["dump"] for row in rows[:3]] == ["s0", "s1", "s2"]
    assert len(rows) == 15
    known = {path.stem: blocks(path.read_bytes()) for path in paths}
    texts = {
        row["stack_id"]: row["text"]
        for row in json_rows(
            tool.ok("sql", "SELECT stack_id, text FROM stacks", "--format", "json").out
        )
    }
    for row in rows:
        stack = " " + texts[row["stack_id"]].replace("\n", "\n ")
        assert row["pages"] == known[row["dump"]].get(stack.encode(), 0)
        assert row["bytes"] == 4096 * row["pages"]
    assert rows[2]["delta_pages"] == rows[2]["pages"] - rows[1]["pages"]
    assert {row["dump"] for row in json_rows(tool.ok(*query).out)} == {
        "s0",
        "s1",
        "s2",
        "show_stacks",
    }
    pivot = (
        "PIVOT dump_stacks ON dump USING sum(pages) GROUP BY stack_id, owner ORDER BY s2 DESC, 1"
    )
    [first, *_] = json_rows(tool.ok("sql", pivot, "--format", "json").out)
    assert [first[name] for name in ("s0", "s1", "s2")] == [row["pages"] for row in rows[:3]]
    assert first["owner"] == "unix_dgram_sendmsg"
