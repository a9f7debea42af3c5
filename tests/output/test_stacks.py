"""Stacks on a terminal: plumbing folded, the owner marked."""

from __future__ import annotations

from typing import Any

import pytest

from pageowner_sql.output.stacks import folded_stacks
from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal

PLUMBING = "post_alloc_hook+0x61/0x82"


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t0", "t2")]
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return tool


def test_the_frames_before_the_owner_are_one_line() -> None:
    rows: list[list[Any]] = [["a\nb\nc\nd", 1, 10], ["a\nb", 2, 20], ["a", 3, 30], [None, 4, 40]]
    folded = folded_stacks(["stack", "stack_id", "pages"], rows, {1: 2, 2: 1, 3: 7})
    assert [row[0] for row in folded.rows] == ["… 2 frames of plumbing\nc\nd", "a\nb", "a", ""]
    assert folded.owners == ["c", "b", "a", None]
    assert [row[1:] for row in folded.rows] == [row[1:] for row in rows]


@pytest.mark.thorough
def test_a_terminal_shows_the_owner_first(loaded: Tool) -> None:
    words = loaded.arguments("top", "t2", "--by", "stack", "--limit", "2")
    seen = on_terminal(*words)
    assert PLUMBING not in seen
    assert "\x1b[2m… 14 frames of plumbing\x1b[0m" in seen
    assert "\x1b[1munix_dgram_sendmsg+0x11d/0x50e\x1b[0m" in seen
    assert PLUMBING in on_terminal(*words, "--full-stack")
    assert PLUMBING in loaded.ok(*words[2:]).out


def test_a_table_is_by_owner_and_process(loaded: Tool) -> None:
    lines = loaded.ok("top", "t2").out.splitlines()
    assert lines[0].split()[:2] == ["owner", "comm"]
    assert lines[2].split()[:2] == ["unix_dgram_sendmsg", "sockleak"]
    assert loaded.ok("top", "t2", "--format", "csv").out.startswith("stack,stack_id,records,")


@pytest.mark.thorough
def test_changes_have_a_colour_and_a_word(loaded: Tool) -> None:
    words = loaded.arguments("diff", "t0", "t2", "--by", "owner", "--limit", "3")
    assert "\x1b[33mgrown\x1b[0m" in on_terminal(*words)
    plain = on_terminal(*words, NO_COLOR="1")
    assert "\x1b" not in plain
    assert "grown" in plain


@pytest.mark.thorough
def test_columns_without_values_are_omitted_on_a_terminal(loaded: Tool) -> None:
    words = ("sql", "SELECT NULL AS nothing, 1 AS one")
    lines = on_terminal(*loaded.arguments(*words), NO_COLOR="1").splitlines()
    assert lines == ["one", "───", "  1", "no values in: nothing"]
    assert loaded.ok(*words).out.split()[:2] == ["nothing", "one"]


@pytest.mark.thorough
def test_an_explanation_fits_80_columns(loaded: Tool) -> None:
    words = loaded.arguments("explain", "unix_dgram_sendmsg")
    lines = on_terminal(*words, columns=80, NO_COLOR="1").splitlines()
    assert lines[0].split() == ["pos", "function", "module", "role", "rule"]
