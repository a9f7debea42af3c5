"""The named queries over several dumps, held against `diff` and against plain counting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.runs import Row, json_rows
from tests.tool import Tool

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
    line = real.fails(
        1, "query", "runs/survivors", "--param", "old=5.10/t0", "--param", "new=5.10/t0"
    )
    assert line.startswith("5.10/t0: this dump has no allocation times")


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
    rows = asked(real, f"runs/{status}_stacks", old="6.1/t0", new=NEW, top=100_000)
    assert {row["function_stack"]: row["bytes"] for row in rows} == theirs
    assert theirs


def test_owners_are_those_of_diff_across_kernels(real: Tool) -> None:
    diff = json_rows(
        real.ok("diff", "6.1/t2", NEW, "--by", "owner", "--by", "subsystem", "--format", "json").out
    )
    rows = asked(real, "runs/owners", old="6.1/t2", new=NEW, top=100_000)
    assert {(row["owner"], row["subsystem"]): row["delta_bytes"] for row in rows} == {
        (row["owner"], row["subsystem"]): row["delta_bytes"] for row in diff
    }


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
