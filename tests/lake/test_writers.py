"""A lake reads whole, whoever writes, compacts or is killed at the same time."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.lake import compactor
from pageowner_sql.lake.delta import DeltaLake
from pageowner_sql.lake.writer import write_dumps
from tests.lake.writers import GROUPS, PAGES, rows_of, start

WHOLE = """
SELECT
    (SELECT count(*) FROM dumps),
    (SELECT count(DISTINCT sha256) FROM dumps),
    (SELECT count(*) FROM stacks) = (SELECT count(DISTINCT stack_key) FROM stacks),
    (
        SELECT count(*) FROM dumps d
        LEFT JOIN (
            SELECT dump_id, count(*) AS groups, sum(pages) AS pages, count(s.stack_key) AS stacks
            FROM groups g LEFT JOIN stacks s USING (stack_key) GROUP BY dump_id
        ) g USING (dump_id)
        WHERE (groups, g.pages, stacks) IS DISTINCT FROM ($groups, $pages, $groups)
    )
"""


def whole_dumps(lake: po.Lake) -> int:
    """How many dumps there are; each must be there once, with all of its groups and stacks."""
    [row] = lake.sql(WHOLE, groups=GROUPS, pages=GROUPS * PAGES).rows()
    dumps, distinct, stacks_once, torn = row
    assert (distinct, stacks_once, torn) == (dumps, True, 0)
    return int(dumps)


def orphans(lake: po.Lake) -> int:
    """Dumps without a row that have groups: what killed writers leave."""
    sql = "SELECT count(DISTINCT dump_id) FROM groups ANTI JOIN dumps USING (dump_id)"
    return int(lake.sql(sql).rows()[0][0])


def compact_beside(lake: po.Lake, writers: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """Compact until all writers have done well; how many dumps there were, look by look."""
    seen = []
    while any(writer.poll() is None for writer in writers):
        seen.append(whole_dumps(lake))
        lake.compact()
    assert [writer.wait() for writer in writers] == [0] * len(writers)
    for writer in writers:
        assert writer.stdout
        writer.stdout.close()
    return seen


@pytest.fixture
def tables(tmp_path: Path) -> DeltaLake:
    lake = DeltaLake(str(tmp_path / "lake"))
    lake.make()
    return lake


def test_a_writer_that_was_slower_adds_what_is_missing(tables: DeltaLake) -> None:
    first = write_dumps(tables, [rows_of(1), rows_of(2)])
    second = write_dumps(tables, [rows_of(2), rows_of(3), rows_of(3)])
    assert (len(first.added), len(first.known)) == (2, 0)
    assert second.added == frozenset({f"{3:064x}"})
    assert second.known == frozenset({f"{2:064x}"})
    assert whole_dumps(po.Lake(tables.location)) == 3


def test_of_two_commits_from_one_state_one_is_tried_again(tables: DeltaLake) -> None:
    states = []

    def find_new(table: object) -> object:
        states.append(table)
        if len(states) == 1:
            # Another writer, between the look and the commit.
            write_dumps(tables, [rows_of(7)])
        known = po.Lake(tables.location).sql("SELECT sha256 FROM dumps").rows()
        rows = rows_of(7).tables["dumps"]
        return rows.slice(0, 0) if known and len(states) > 1 else rows

    assert len(tables.append_new("dumps", find_new)) == 0
    assert len(states) == 2
    assert whole_dumps(po.Lake(tables.location)) == 1


@pytest.mark.thorough
def test_compaction_keeps_what_is_there_and_drops_what_is_old(
    tables: DeltaLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        write_dumps(tables, [rows_of(number)])
    tables.append("groups", rows_of(99).tables["groups"])
    lake = po.Lake(tables.location)
    before = lake.sql("SELECT count(*) FROM groups JOIN dumps USING (dump_id)")
    assert orphans(lake) == 1
    done = {each.table: each for each in lake.compact()}
    assert (done["groups"].before, done["groups"].after) == (11, 5)
    assert done["groups"].deleted == 0
    # The rows of a writer that may still be at work are kept.
    assert orphans(lake) == 1
    # What was asked before reads the old files.
    assert before.rows() == [(10 * GROUPS,)]
    monkeypatch.setattr(compactor, "_WRITING", -60)
    done = {each.table: each for each in lake.compact(grace_hours=0)}
    assert done["groups"].deleted >= 11
    assert orphans(lake) == 0
    assert whole_dumps(lake) == 10
    kept = (date.today() - date(2026, 6, 4)) // timedelta(days=1)  # noqa: DTZ011  # whole days
    lake.compact(keep_days=kept)
    assert (
        lake.sql("SELECT min(day), max(day) FROM dumps").rows()[0]
        == lake.sql("SELECT min(day), max(day) FROM groups").rows()[0]
    )
    assert 0 < whole_dumps(lake) < 10


def test_compaction_removes_the_log_of_what_is_long_gone(tables: DeltaLake) -> None:
    """It holds names: the least and the greatest value of each column of each file."""
    # Of one day, so that their files become one.
    for number in (0, 5):
        write_dumps(tables, [rows_of(number)])
    logs = sorted(Path(tables.location).glob("*/_delta_log/*.json"))
    long_ago = time.time() - 31 * 86_400
    for path in logs:
        os.utime(path, (long_ago, long_ago))
    lake = po.Lake(tables.location)
    lake.compact()
    assert [path for path in logs if path.exists() and path.parts[-3] == "groups"] == []
    assert whole_dumps(lake) == 2
    assert write_dumps(tables, [rows_of(5)]).added == frozenset()
    write_dumps(tables, [rows_of(1)])
    assert whole_dumps(lake) == 3


@pytest.mark.thorough
def test_a_killed_writer_leaves_the_lake_whole(tables: DeltaLake) -> None:
    lake = po.Lake(tables.location)
    last = killed = parts = 0
    moments = random.Random(7)  # noqa: S311  # the same each time
    for _ in range(50):
        first = last + 1
        with start(Path(tables.location), first, first + 1000) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0, 1.5))
            process.kill()
        killed += process.returncode == -9
        last = whole_dumps(lake)
        # The next writer begins with the dump that may be there in part, and makes it whole.
        parts += orphans(lake)
    assert killed == 50
    assert last > 0
    # Some were killed between their groups and their row.
    assert parts > 0


@pytest.mark.thorough
def test_four_writers_and_one_who_compacts(tables: DeltaLake) -> None:
    lake = po.Lake(tables.location)
    # Each dump is added by two writers.
    writers = [
        start(Path(tables.location), *span) for span in ((0, 29), (10, 39), (0, 29), (10, 39))
    ]
    seen = compact_beside(lake, writers)
    assert whole_dumps(lake) == 40
    # A busy machine may look only once before they are done.
    assert seen
    assert seen == sorted(seen)
