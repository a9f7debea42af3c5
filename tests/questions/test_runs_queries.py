"""The named queries over several dumps, held against `diff` and against plain counting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DumpPath
from tests.support.runs import Row, json_rows
from tests.support.tool import Tool

OLD, NEW = "7.3/t0", "7.3/t2"


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


def asked(tool: Tool, name: str, **values: Any) -> list[Row]:
    params = [word for key, value in values.items() for word in ("--param", f"{key}={value}")]
    return json_rows(tool.ok("query", name, *params, "--format", "json").out)


def two(tool: Tool, name: str, top: int = 100_000) -> list[Row]:
    return asked(tool, name, old=OLD, new=NEW, top=top)


def test_survivors_are_counted_as_a_multiset(real: Tool) -> None:
    sql = """
        SELECT alloc_ts, pid, tgid, stack_id, "order" FROM allocations
        WHERE dump = $dump AND alloc_ts > 0 AND stack_id NOT IN (FROM early_stacks)
    """
    old, new = (Counter(real.rows(sql, dump=label)) for label in (OLD, NEW))
    alive = old & new
    rows = two(real, "runs/survivors")
    followed = [row for row in rows if row["followed"] == "yes"]
    assert sum(row["old_records"] for row in followed) == old.total()
    assert sum(row["survivor_records"] for row in followed) == alive.total()
    by_stack: Counter[object] = Counter()
    for key, number in alive.items():
        by_stack[key[3]] += number
    assert {row["stack_id"]: row["survivor_records"] for row in followed} == {
        row["stack_id"]: by_stack[row["stack_id"]] for row in followed
    }
    assert max(old.values()) > 1


def test_what_cannot_be_followed_is_said(real: Tool) -> None:
    rows = two(real, "runs/survivors")
    lost = {row["followed"]: row["old_pages"] for row in rows if row["followed"] != "yes"}
    assert lost == {"early boot": 6508, "without a time": 80}
    [(pages,)] = real.rows("SELECT pages FROM dumps WHERE label = $label", label=OLD)
    assert sum(row["old_pages"] for row in rows) == pages
    line = real.fails(1, "query", "runs/survivors", "5.10/t0", NEW)
    assert line.startswith("5.10/t0: this dump has no allocation times")


@pytest.mark.thorough
def test_growth_is_what_diff_says(real: Tool) -> None:
    diff = json_rows(real.ok("diff", OLD, NEW, "--by", "stack", "--format", "json").out)
    grown = {row["stack_id"]: row["delta_bytes"] for row in diff if row["delta_bytes"] > 0}
    assert {row["stack_id"]: row["delta_bytes"] for row in two(real, "runs/growth")} == grown
    assert two(real, "runs/growth", 1)[0]["owner"] == "unix_dgram_sendmsg"


@pytest.mark.parametrize("status", ["new", "gone"])
def test_new_and_gone_stacks_are_those_of_diff(real: Tool, status: str) -> None:
    """Of two kernels most stacks are in one only."""
    call = ("diff", "6.1/t0", NEW, "--by", "function-stack", "--format", "json")
    diff = json_rows(real.ok(*call).out)
    side = f"{'new' if status == 'new' else 'old'}_bytes"
    theirs = {row["function_stack"]: row[side] for row in diff if row["status"] == status}
    sides = ("6.1/t0", NEW) if status == "new" else (NEW, "6.1/t0")
    rows = asked(real, "runs/new_stacks", old=sides[0], new=sides[1], top=100_000)
    assert {row["function_stack"]: row["bytes"] for row in rows} == theirs
    assert theirs


def test_what_came_since(real: Tool) -> None:
    rows = two(real, "runs/since")
    assert (rows[0]["owner"], rows[0]["comm"]) == ("unix_dgram_sendmsg", "sockleak")
    [(records,)] = real.rows(
        "SELECT count(*) FROM allocations WHERE dump = $new AND alloc_ts > "
        "(SELECT newest_alloc_ts FROM dumps WHERE label = $old)",
        new=NEW,
        old=OLD,
    )
    assert sum(row["records"] for row in rows) == records
    assert min(row["oldest_ns"] for row in rows) > 0


def test_the_timeline_tells_boots_apart(real: Tool) -> None:
    rows = asked(real, "runs/timeline")
    boots: dict[object, list[str]] = {}
    for row in rows:
        boots.setdefault(row["boot"], []).append(row["dump"])
    assert boots[None] == ["5.10/boot", "5.10/t0"]
    assert sorted(map(len, boots.values())) == [2, 4, 6]
    assert all(len({label[:3] for label in labels}) == 1 for labels in boots.values())
    hours = [row["hours"] for row in rows if row["hours"] is not None]
    assert len(hours) == 8
    assert min(hours) > 0


def test_rules_account_for_the_whole_dump(real: Tool) -> None:
    rows = asked(real, "owners/rules", dump=NEW)
    [(pages,)] = real.rows("SELECT pages FROM dumps WHERE label = $label", label=NEW)
    assert sum(row["pages"] for row in rows) == pages
    assert rows[0]["subsystem"] == "net/unix"


def test_what_is_left_out(real: Tool) -> None:
    rows = {row["dump"]: row for row in asked(real, "quality/left_out")}
    assert rows[NEW]["early_pages"] == 6508
    assert rows["5.10/t0"]["untimed_pages"] + rows["5.10/t0"]["early_pages"] == 115_482
    assert {row["unruled_pages"] for row in rows.values()} == {0}


@pytest.fixture
def days(tool: Tool, dump: DumpPath) -> Tool:
    """Three dumps of one boot, loaded in another order, then one of another boot."""
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t2", "t0", "t1")]
    tool.once(__name__, lambda: tool.ok("load", *paths, dump("linux-6.1/t1.txt")))
    return tool


def grown(tool: Tool, *words: str) -> tuple[str, str]:
    done = tool.ok("query", "runs/growth", *words, "--limit", "1", "--format", "csv")
    return done.out.splitlines()[1], done.err


@pytest.mark.thorough
def test_two_dumps_are_the_newest_of_one_boot_in_order(days: Tool) -> None:
    row, said = grown(days)
    assert said == "old: t1, new: t2\n"
    assert row == grown(days, "t1", "t2")[0]
    assert grown(days, "t0")[1] == "old: t0, new: t2\n"
    assert grown(days, "--param", "new=t1")[1] == "old: t0, new: t1\n"


def test_dumps_follow_the_name_as_labels_or_files(days: Tool, dump: DumpPath) -> None:
    row, said = grown(days, "t0", str(dump("linux-7.3/t1.txt")))
    assert (row, said) == grown(days, "--param", "old=t0", "--param", "new=t1")
    by_name = days.ok("query", "stacks/top", "--param", "dump=t0", "--format", "csv")
    assert days.ok("query", "stacks/top", "t0", "--format", "csv").out == by_name.out


def test_a_dump_is_not_compared_with_itself(days: Tool) -> None:
    said = days.fails(1, "query", "runs/growth", "t1", "t1")
    assert said == "t1: is compared with itself; give an older dump"
    said = days.fails(1, "query", "runs/growth", "t2")
    assert "beside t2 there is none newer than it" in said
    said = days.fails(2, "query", "runs/growth", "t0", "--param", "old=t1")
    assert said == "runs/growth: old was given twice; leave out one of them"
    said = days.fails(2, "query", "runs/growth", "t0", "t1", "t2")
    assert said == "runs/growth: 3 dumps were given; it is about old, new"


def test_a_label_that_no_dump_has_is_an_error_in_sql(days: Tool) -> None:
    said = days.fails(1, "sql", "SELECT count(*) FROM dump('t3')")
    assert said.endswith("t3: no dump has this label; there is t1, t0, t2")
    assert days.ok("sql", "SELECT count(*) FROM dump('t0')").out.split()[-1] == "34,546"
