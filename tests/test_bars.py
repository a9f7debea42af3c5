"""Bars in tables: as long as their values, and only where a terminal has room."""

import io
import os
import pty
import subprocess
import sys

import pytest
from rich.console import Console

from pageowner_sql.output.bars import bars
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.tool import Tool


def drawn(names: list[str], rows: list[list[object]], width: int = 160) -> list[str]:
    found = bars(names, rows, width)
    assert found is not None
    lines = []
    for bar in found:
        console = Console(file=io.StringIO(), width=200, color_system=None)
        console.print(bar)
        lines.append(console.file.getvalue().rstrip("\n"))  # type: ignore[attr-defined]  # a StringIO
    return lines


def test_a_bar_is_as_long_as_its_share() -> None:
    whole, half, none = drawn(["comm", "share"], [["a", 0.5], ["b", 0.25], ["c", None]])
    assert whole.strip() == "█" * 20
    assert half.strip() == "█" * 10
    assert none.strip() == ""


def test_what_shrank_is_on_the_other_side() -> None:
    grown, shrunk = drawn(["delta_bytes"], [[100], [-100]])
    assert grown == " " * 10 + "█" * 10
    assert shrunk.rstrip() == "█" * 10


@pytest.mark.parametrize(("names", "width"), [(["comm"], 160), (["share"], 79)])
def test_without_room_or_shares_there_are_none(names: list[str], width: int) -> None:
    assert bars(names, [[1.0]], width) is None


def test_a_table_has_bars_on_a_terminal_alone(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    words = ("top", "boot", "--by", "subsystem", "--limit", "3")
    assert "█" not in tool.ok(*words).out
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "pageowner_sql", *tool.arguments(*words)]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    subprocess.run(command, check=True, stdout=follower, env=environment, cwd=ROOT)
    os.close(follower)
    assert "█" in os.read(leader, 1 << 16).decode()
    os.close(leader)
