"""Sparklines: what each row held in the dumps of its boot, on a terminal alone."""

import pytest

from pageowner_sql.output.trend import Trend
from pageowner_sql.questions.trend import trend_of, trend_until
from pageowner_sql.sql import filters
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import all_dumps, the_dump
from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal


@pytest.fixture
def three(tool: Tool, dump: DumpPath) -> Tool:
    """Return the program with three dumps of one boot, not loaded in their order."""
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t2", "t0", "t1")]
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return tool


def test_a_line_reaches_from_nothing_to_the_rows_most() -> None:
    held = {("a",): [0, 50, 100], ("b",): [7, 7, 7], ("c",): [0, 0, 0]}
    trend = Trend(["comm"], ["t0", "t1", "t2"], held)
    rows: list[list[object]] = [[9, "a"], [9, "b"], [9, "c"], [9, "other"], [9, None]]
    assert list(trend.drawn(["bytes", "comm"], rows).cells) == ["▁▄█", "███", "▁▁▁", "", ""]


@pytest.mark.thorough
@pytest.mark.sampled
@pytest.mark.parametrize("key", [Key.COMM, Key.STACK, Key.OWNER])
def test_a_trend_is_what_sql_says_of_each_dump(three: Tool, key: Key) -> None:
    with Database.open(three.db, Mode.READ) as database:
        newest = the_dump(all_dumps(database), "t2")
        trend = trend_until(database, newest, [key], Where())
        assert trend is not None
        assert trend.labels == ["t0", "t1", "t2"]
        sums = [sum(series[place] for series in trend.held.values()) for place in range(3)]
        sql = "SELECT sum(bytes)::BIGINT FROM live_allocations GROUP BY dump ORDER BY dump"
        assert sums == [row[0] for row in database.rows(sql)]


def test_a_trend_ends_with_the_dump_asked(three: Tool) -> None:
    with Database.open(three.db, Mode.READ) as database:
        dumps = all_dumps(database)
        for label, labels in (("t1", ["t0", "t1"]), ("t0", None)):
            trend = trend_until(database, the_dump(dumps, label), [Key.COMM], Where())
            assert (list(trend.labels) if trend else None) == labels


def test_another_boot_has_no_part_in_it(three: Tool, dump: DumpPath) -> None:
    three.ok("load", dump("linux-6.1/t0.txt"), "--label", "older")
    with Database.open(three.db, Mode.READ) as database:
        older = the_dump(all_dumps(database), "older")
        assert trend_until(database, older, [Key.COMM], Where()) is None


def test_what_is_selected_is_what_is_drawn(three: Tool) -> None:
    with Database.open(three.db, Mode.READ) as database:
        trend = trend_of(database, all_dumps(database), [Key.COMM], filters.where(name="cat"))
        assert trend
        assert list(trend.held) == [("cat",)]


@pytest.mark.thorough
def test_sparklines_are_on_a_terminal_alone(three: Tool) -> None:
    top = ("top", "t2", "--by", "comm", "--limit", "1")
    diff = ("diff", "--old", "t0,t1", "--new", "t2", "--by", "comm", "--limit", "1")
    leaks = ("leaks", "--by", "comm", "--limit", "1")
    for words in (top, diff, leaks):
        done = three.ok(*words)
        assert "trend" not in done.out + done.err
        seen = on_terminal(*three.arguments(*words), columns=100)
        assert "trend: bytes in t0, t1, t2" in seen
        assert "▂▄█" in seen or "▃▅█" in seen
    assert "▂▄█" not in three.ok(*top, "--format", "csv").out
