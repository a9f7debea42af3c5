"""The views and macros that people use in SQL."""

from __future__ import annotations

import pytest

from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t0", "t2")]
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return tool


@pytest.mark.thorough
def test_human_bytes_takes_sums_and_averages(loaded: Tool) -> None:
    sql = """
        SELECT human_bytes(sum(pages) * 4096), human_bytes(avg(bytes)), human_bytes(4096.0::DECIMAL)
        FROM dump('t0') WHERE page_order = 3
    """
    assert loaded.rows(sql) == [("36.2 MiB", "32.0 KiB", "4.0 KiB")]


def test_age_is_counted_from_the_newest_allocation(loaded: Tool) -> None:
    [(newest,)] = loaded.rows("SELECT newest_alloc_ts FROM dumps WHERE label = 't2'")
    assert isinstance(newest, int)
    young = "SELECT count(*) FROM dump('t2') WHERE age(alloc_ts) < INTERVAL 10 SECONDS"
    [(by_hand,)] = loaded.rows(
        "SELECT count(*) FROM dump('t2') WHERE alloc_ts > $then", then=newest - 10_000_000_000
    )
    assert loaded.rows(young) == [(by_hand,)]
    [(years,)] = loaded.rows("SELECT age(TIMESTAMP '2024-01-01', TIMESTAMP '2023-01-01')::VARCHAR")
    assert years == "1 year"


def test_a_zone_has_a_name_where_zoneinfo_tells(loaded: Tool, dump: DumpPath) -> None:
    asked = "SELECT DISTINCT zone_name(zone) FROM live_allocations WHERE dump = $dump ORDER BY 1"
    assert loaded.rows(asked, dump="t0") == [("zone 0",)]
    loaded.ok("load", dump("linux-7.3/t1.txt"), "--with", dump("linux-7.3/zoneinfo"))
    assert loaded.rows(asked, dump="t1") == [("DMA32",)]


def test_grown_is_what_the_query_says(loaded: Tool) -> None:
    grown = loaded.rows("SELECT stack_id, delta_bytes FROM grown('t0', 't2')")
    named = loaded.ok(
        "query", "runs/growth", "t0", "t2", "--param", "top=100000", "--format", "csv"
    )
    lines = [line.split(",") for line in named.out.splitlines()[1:]]
    assert grown == [(int(line[0]), int(line[6])) for line in lines]


def test_callers_of_is_what_the_query_says(loaded: Tool) -> None:
    sql = "SELECT caller, bytes FROM callers_of('__alloc_skb') WHERE dump = 't2'"
    words = ("--param", "function=__alloc_skb", "--format", "csv")
    named = loaded.ok("query", "stacks/callers", "t2", *words)
    lines = [line.split(",") for line in named.out.splitlines()[1:]]
    assert loaded.rows(sql) == [(line[0], int(line[-1])) for line in lines]


def test_in_range_has_every_block_with_a_page_there(loaded: Tool) -> None:
    [(pfn, pages)] = loaded.rows(
        "SELECT pfn, pages FROM dump('t2') WHERE page_order = 3 ORDER BY pfn LIMIT 1"
    )
    assert isinstance(pfn, int)
    assert pages == 8
    for first, last in ((pfn, pfn), (pfn + 7, pfn + 7), (pfn + 3, pfn + 4)):
        sql = "SELECT pfn FROM in_range($first, $last) WHERE dump = 't2'"
        assert loaded.rows(sql, first=first, last=last) == [(pfn,)]


def test_live_stacks_sums_up_to_the_dump(loaded: Tool) -> None:
    sql = "SELECT sum(records), sum(pages) FROM live_stacks WHERE dump = 't0'"
    assert loaded.rows(sql) == loaded.rows("SELECT records, pages FROM dumps WHERE label = 't0'")


def test_the_reserved_name_has_a_hint(loaded: Tool) -> None:
    said = loaded.fails(2, "sql", "SELECT order, count(*) FROM allocations")
    assert said.endswith('; order is a word of SQL: write page_order or "order"')
    assert "page_order" not in loaded.fails(2, "sql", 'SELECT "order" FRM a ORDER BY 1')


def test_an_error_has_a_caret_on_a_terminal(loaded: Tool) -> None:
    words = loaded.arguments("sql", "SELECT comm,\n    nonsense FROM allocations")
    with pytest.raises(AssertionError) as failed:
        on_terminal(*words)
    assert "      nonsense FROM allocations\n      ^\n" in str(failed.value)
    assert "^" not in loaded.fails(1, *words[2:])


def test_null_is_not_an_empty_text(loaded: Tool) -> None:
    lines = loaded.ok("sql", "SELECT NULL AS a, '' AS b, 'x' AS c").out.splitlines()
    assert lines[2].split() == ["NULL", "x"]


def test_stacks_are_shown_as_stacks_whatever_they_are_called(loaded: Tool) -> None:
    sql = "SELECT stack AS trace, sum(bytes) FROM dump('t0') GROUP BY ALL ORDER BY 2 DESC LIMIT 2"
    lines = loaded.ok("sql", sql).out.splitlines()
    assert lines[2].split() == ["post_alloc_hook+0x61/0x82", "34.1", "MiB"]
    assert lines[3] == "prep_new_page+0x1b/0x49"


def test_a_plan_is_drawn(loaded: Tool) -> None:
    out = loaded.ok("sql", "EXPLAIN SELECT count(*) FROM dumps").out
    assert "explain_key" not in out
    assert out.startswith(("╭", "┌"))
    assert "\\x" not in out
