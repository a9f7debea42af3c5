"""Every command takes --memory-limit and hands it to DuckDB."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.synth import ERAS
from tests.support.tool import Tool

# What DuckDB gets of 400M.
GIVEN = "152.0 MiB"
SETTING = "SELECT current_setting('memory_limit') AS held"
COMMANDS = [
    ("load", "x.txt"),
    ("dumps",),
    ("dumps", "compact"),
    ("dumps", "rm", "t0"),
    ("sort", "--dump", "t0", "out.txt"),
    ("top",),
    ("query", "stacks/top"),
    ("sql", "SELECT 1"),
    ("export", "t0"),
    ("schema",),
    ("diff", "t0", "t1"),
    ("leaks",),
    ("explain", "1"),
    ("page", "1"),
    ("flame", "t0", "-o", "out.html"),
    ("map", "t0", "-o", "out.png"),
    ("report", "t0", "-o", "out.html"),
    ("symbols",),
    ("symbols", "add", "x"),
    ("check", "t0", "--budget", "x.toml"),
]


@pytest.fixture
def dump(tool: Tool) -> Path:
    path = tool.folder / "t0.txt"
    path.write_bytes(ERAS[2].record(b"task"))
    return path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_refuses_too_little_memory(tool: Tool, words: Sequence[str]) -> None:
    told = tool.fails(2, *words, "--memory-limit", "1M")
    assert told == "--memory-limit: 1,048,576 bytes are too few; give 320M or more"
    assert not tool.db.exists()


def test_a_limit_that_is_not_a_size_is_refused(tool: Tool) -> None:
    told = tool.fails(2, "export", "t0", "--memory-limit", "x")
    assert told.startswith("--memory-limit: not a size: 'x'")


@pytest.mark.parametrize("words", [(), ("--write",), ("--sandbox",)], ids=str)
def test_the_limit_is_duckdb_s(tool: Tool, dump: Path, words: Sequence[str]) -> None:
    tool.ok("load", dump, "--memory-limit", "400M")
    limited = (*words, "--format", "csv", "--memory-limit", "400M")
    assert tool.ok("sql", SETTING, *limited).out == f"held\n{GIVEN}\n"


def test_it_is_duckdb_s_for_a_file_that_is_loaded_first(tool: Tool, dump: Path) -> None:
    limited = ("--format", "csv", "--memory-limit", "400M")
    tool.ok("top", dump, *limited)
    assert tool.ok("sql", SETTING, *limited).out == f"held\n{GIVEN}\n"
