"""`diff`: what changed between two dumps, exactly."""

import itertools
import re
from pathlib import Path

import pytest

from pageowner_sql.errors import MissingFieldError
from pageowner_sql.questions.diff import diff_plan, share_no_stacks
from pageowner_sql.sql import filters
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.support import covering
from tests.support.asking import REAL_KEYS
from tests.support.runs import REAL, Row, dumps_of, load_labelled, rows_of
from tests.support.tool import Tool

MEASURES = ("records", "pages", "bytes")
NO_WHERE = Where()
# Each dump with the next, and the same of any two.
PAIRS = covering(itertools.combinations(REAL, 2), lambda pair: pair in itertools.pairwise(REAL))


def opened(path: Path) -> Database:
    return Database.open(path, Mode.READ)


def compared(
    database: Database,
    old: str,
    new: str,
    *keys: Key,
    where: Where = NO_WHERE,
    min_delta: int = 0,
    limit: int | None = None,
) -> list[Row]:
    sides = dumps_of(database, old.split(",")), dumps_of(database, new.split(","))
    plan = diff_plan(database, sides, keys, where, min_delta=min_delta, limit=limit)
    return rows_of(database, plan)


def add_up(rows: list[Row], name: str) -> int:
    return sum(row[name] for row in rows)


def check_sums(database: Database, rows: list[Row], old: str, new: str) -> None:
    """Each row fits in itself, and all together are the two dumps."""
    before, after = dumps_of(database, [old, new])
    for measure in MEASURES:
        for row in rows:
            assert row[f"delta_{measure}"] == row[f"new_{measure}"] - row[f"old_{measure}"]
    for side, dump in (("old", before), ("new", after)):
        assert add_up(rows, f"{side}_records") == dump.records
        assert add_up(rows, f"{side}_pages") == dump.pages
        assert add_up(rows, f"{side}_bytes") == dump.pages * dump.page_size
    assert add_up(rows, "delta_pages") == after.pages - before.pages


@pytest.mark.thorough
@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_the_rows_add_up_to_the_difference_of_any_two_dumps(
    real_runs: Path, old: str, new: str
) -> None:
    with opened(real_runs) as database:
        check_sums(database, compared(database, old, new, Key.OWNER), old, new)
        hidden = compared(database, old, new, Key.OWNER, min_delta=1 << 20, limit=3)
        check_sums(database, hidden, old, new)
        assert len(hidden) <= 4


@pytest.mark.sampled
@pytest.mark.parametrize("key", [key for key in REAL_KEYS if key is not Key.FUNCTION])
def test_every_key_adds_up(real_runs: Path, key: Key) -> None:
    with opened(real_runs) as database:
        rows = compared(database, "7.3/t0", "7.3/t2", key)
        check_sums(database, rows, "7.3/t0", "7.3/t2")
        assert len({row[key.column] for row in rows}) == len(rows)
        cut = compared(database, "7.3/t0", "7.3/t2", key, limit=1)
        assert cut[0] == rows[0]
        check_sums(database, cut, "7.3/t0", "7.3/t2")


def test_each_key_holds_what_the_dumps_say(real_runs: Path) -> None:
    sql = "SELECT comm, count(*), sum(pages) FROM allocations WHERE dump = $dump GROUP BY comm"
    with opened(real_runs) as database:
        held = [
            {row[0]: row[1:] for row in database.rows(sql, {"dump": label})}
            for label in ("7.3/t0", "7.3/t2")
        ]
        rows = {row["comm"]: row for row in compared(database, "7.3/t0", "7.3/t2", Key.COMM)}
    assert rows.keys() == held[0].keys() | held[1].keys()
    for comm, row in rows.items():
        for side, there in zip(("old", "new"), held, strict=True):
            found = row[f"{side}_records"], row[f"{side}_pages"]
            assert found == there.get(comm, (0, 0)), comm


def test_what_changed_most_comes_first_and_the_status_says_how(real_runs: Path) -> None:
    with opened(real_runs) as database:
        rows = compared(database, "7.3/t0", "7.3/t2", Key.COMM)
        boot = {row["comm"]: row for row in compared(database, "7.3/boot", "7.3/t0", Key.COMM)}
        back = {row["comm"]: row for row in compared(database, "7.3/t0", "7.3/boot", Key.COMM)}
    assert [row["comm"] for row in rows[:2]] == ["sockleak", "cat"]
    sizes = [abs(row["delta_bytes"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    statuses = {row["comm"]: row["status"] for row in rows}
    assert statuses["sockleak"] == statuses["churner"] == "grown"
    assert statuses["exe"] == "shrunk"
    assert statuses["java-app"] == "same"
    assert (boot["sockleak"]["status"], back["sockleak"]["status"]) == ("new", "gone")


def test_min_delta_and_limit_leave_one_row_for_the_rest(real_runs: Path) -> None:
    with opened(real_runs) as database:
        rows = compared(database, "7.3/t0", "7.3/t2", Key.COMM, min_delta=1 << 20)
        assert [row["status"] for row in rows] == ["grown", "grown", "grown", "rest"]
        assert rows[-1]["comm"] is None
        limited = compared(database, "7.3/t0", "7.3/t2", Key.COMM, min_delta=1 << 20, limit=2)
        assert [row["comm"] for row in limited] == ["sockleak", "cat", None]
        everything = compared(database, "7.3/t0", "7.3/t2", Key.COMM, limit=10_000)
        assert "rest" not in {row["status"] for row in everything}


def test_a_dump_against_itself_is_the_same(real_runs: Path) -> None:
    with opened(real_runs) as database:
        rows = compared(database, "6.1/t1", "6.1/t1", Key.STACK)
        check_sums(database, rows, "6.1/t1", "6.1/t1")
    assert {row["status"] for row in rows} == {"same"}


def test_several_dumps_on_a_side_count_as_their_median(real_runs: Path) -> None:
    labels = ["7.3/t0", "7.3/t1", "7.3/t2"]
    sql = "SELECT pages FROM allocations WHERE dump = $dump AND comm = 'sockleak'"
    with opened(real_runs) as database:
        held = [sum(p for (p,) in database.rows(sql, {"dump": label})) for label in labels]
        rows = compared(database, "7.3/boot", ",".join(labels), Key.COMM)
        of_two = compared(database, "7.3/boot", ",".join(labels[:2]), Key.COMM)
    [leak] = [row for row in rows if row["comm"] == "sockleak"]
    assert (leak["old_pages"], leak["new_pages"]) == (0, sorted(held)[1])
    [leak] = [row for row in of_two if row["comm"] == "sockleak"]
    assert leak["new_bytes"] == sum(held[:2]) * 4096 // 2
    assert leak["delta_pages"] == leak["new_pages"]


def test_two_kernels_are_joined_by_owner(real_runs: Path) -> None:
    with opened(real_runs) as database:
        old, new = dumps_of(database, ["6.1/t2", "7.3/t2"])
        assert share_no_stacks(database, ([old], [new]))
        exact = compared(database, "6.1/t2", "7.3/t2", Key.STACK)
        assert {row["status"] for row in exact} <= {"new", "gone", "same"}
        owners = {row["owner"]: row for row in compared(database, "6.1/t2", "7.3/t2", Key.OWNER)}
        leak = owners["unix_dgram_sendmsg"]
        assert leak["status"] == "grown"
        assert min(leak["old_pages"], leak["new_pages"]) > 50_000
        assert not share_no_stacks(database, (dumps_of(database, ["7.3/t0"]), [new]))


@pytest.mark.thorough
def test_two_builds_are_joined_by_function_stack(dump: DumpPath, tmp_path: Path) -> None:
    """Another compiler moves every offset and splits functions; the source is the same."""
    text = dump("linux-7.3/boot.txt").read_bytes()
    rebuilt = re.sub(rb"\+0x([0-9a-f]+)/0x([0-9a-f]+)", rb".isra.0+0x1\1/0x2\2", text)
    (tmp_path / "rebuilt.txt").write_bytes(rebuilt)
    files = {"a": dump("linux-7.3/boot.txt"), "b": tmp_path / "rebuilt.txt"}
    load_labelled(tmp_path / "db", files)
    with opened(tmp_path / "db") as database:
        exact = compared(database, "a", "b", Key.STACK)
        joined = compared(database, "a", "b", Key.FUNCTION_STACK)
        check_sums(database, exact, "a", "b")
        check_sums(database, joined, "a", "b")
    # Early boot pages have a stack of bare addresses or none, which no build changes.
    assert {row["status"] for row in exact} <= {"new", "gone", "same"}
    assert sum(row["status"] == "same" for row in exact) <= 1
    assert {row["status"] for row in joined} == {"same"}


def test_a_selection_holds_on_both_sides(real_runs: Path) -> None:
    where = filters.where(name="sockleak")
    with opened(real_runs) as database:
        rows = compared(database, "7.3/t0", "7.3/t2", Key.SUBSYSTEM, where=where)
        whole = compared(database, "7.3/t0", "7.3/t2", Key.COMM)
    [leak] = [row for row in whole if row["comm"] == "sockleak"]
    assert add_up(rows, "delta_bytes") == leak["delta_bytes"]
    assert add_up(rows, "old_records") == leak["old_records"]


def test_a_key_that_a_dump_lacks_is_an_error(real_runs: Path) -> None:
    lacks = pytest.raises(MissingFieldError, match=r"5\.10/t0: this dump has no process names")
    with opened(real_runs) as database, lacks:
        compared(database, "7.3/t0", "5.10/t0", Key.COMM)


@pytest.mark.thorough
def test_handles_take_their_stacks_from_another_dump_of_the_boot(
    dump: DumpPath, real_runs: Path, tmp_path: Path
) -> None:
    with opened(real_runs) as database:
        rows = compared(database, "7.3/t2", "7.3/t2.handle", Key.OWNER)
        check_sums(database, rows, "7.3/t2", "7.3/t2.handle")
    [leak] = [row for row in rows if row["owner"] == "unix_dgram_sendmsg"]
    assert leak["new_pages"] >= leak["old_pages"] > 0
    alone = {"t2": dump("linux-7.3/t2.txt"), "handle": dump("linux-7.3/t2.handle.txt")}
    load_labelled(tmp_path / "db", alone)
    with opened(tmp_path / "db") as database, pytest.raises(MissingFieldError, match="no stacks"):
        compared(database, "t2", "handle", Key.OWNER)


@pytest.mark.thorough
def test_the_command(tool: Tool, real_runs: Path) -> None:
    done = tool.ok("diff", "--help")
    assert "OLD" in done.out
    line = tool.fails(2, "diff", "a")
    assert line == "diff: give NEW, or several dumps with --new; see: pageowner-sql diff --help"
    assert tool.fails(2, "diff", "a", "b", "--old", "c").startswith("diff: give OLD")
    tool.db = real_runs
    done = tool.ok("diff", "7.3/t0", "7.3/t2", "--by", "comm", "--min-delta", "1M")
    assert done.out.splitlines()[-1] == (
        "7.3/t0 to 7.3/t2: 34,546 to 61,080 (+26,534) records, 50,132 to 119,700 (+69,568) pages "
        "of 4096 bytes (assumed), 196 MiB to 468 MiB (+272 MiB)"
    )
    done = tool.ok("diff", "6.1/t0", "7.3/t0", "--limit", "1")
    assert "--by function-stack joins builds of one source" in done.err
