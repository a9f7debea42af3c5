"""Bars in tables: as long as their values, and only where a terminal has room."""

import pytest

from pageowner_sql.output.bars import bars
from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal


def drawn(names: list[str], rows: list[list[object]], width: int = 160) -> list[str]:
    found = bars(names, rows, width)
    assert found is not None
    return list(found.cells)


def test_a_bar_is_as_long_as_its_share() -> None:
    whole, half, none = drawn(["comm", "share"], [["a", 0.5], ["b", 0.25], ["c", None]])
    assert whole.strip() == "█" * 20
    assert half.strip() == "█" * 10
    assert none.strip() == ""


def test_what_shrank_is_on_the_other_side() -> None:
    grown, shrunk = drawn(["delta_bytes"], [[100], [-100]])
    assert grown == " " * 10 + "█" * 10
    assert shrunk == "█" * 10


def test_a_bar_is_finer_than_a_character() -> None:
    [most, least] = drawn(["share"], [[1.0], [0.05]], 160)
    assert (len(most), least) == (20, "█")
    grown, shrunk = drawn(["delta_bytes"], [[40], [-6]])[:2]
    assert (grown, shrunk) == (" " * 10 + "█" * 10, " " * 8 + "▐█")


@pytest.mark.parametrize(("names", "width"), [(["comm"], 160), (["share"], 79)])
def test_without_room_or_shares_there_are_none(names: list[str], width: int) -> None:
    assert bars(names, [[1.0]], width) is None


@pytest.mark.thorough
def test_a_table_has_bars_on_a_terminal_alone(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    words = ("top", "boot", "--by", "subsystem", "--limit", "3")
    assert "█" not in tool.ok(*words).out
    assert "█" in on_terminal(*tool.arguments(*words), columns=120)
    assert "█" not in on_terminal(*tool.arguments(*words), columns=60)
