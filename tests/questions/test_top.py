"""`top`: sums that agree with counts made by hand, for every key, selection and kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from pageowner_sql.dump.fields import unescape
from pageowner_sql.sql.grouping import Key
from tests.conftest import DumpPath
from tests.support import PAGE_OWNER_DUMPS, covering
from tests.support.asking import REAL_KEYS, count_records, counts_by, csv_rows
from tests.support.runs import json_rows, label_of
from tests.support.synth import ERAS
from tests.support.tool import Tool

COUNTED_KEYS = (Key.ORDER, Key.GFP, Key.PID, Key.TGID, Key.COMM, Key.MIGRATETYPE)
HAS_TASKS = [name for name in PAGE_OWNER_DUMPS if not name.startswith("linux-5.10")]


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


def top(tool: Tool, *words: str) -> list[dict[str, object]]:
    return json_rows(tool.ok("top", *words, "--format", "json").out)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("name", covering(HAS_TASKS, lambda name: "/t2." in name))
def test_sums_agree_with_a_count_by_hand(real: Tool, dump: DumpPath, name: str) -> None:
    records = count_records(dump(name))
    for key in COUNTED_KEYS:
        times, pages = counts_by(records, key)
        rows = top(real, label_of(name), "--by", key)
        found = {
            unescape(str(row["comm"])) if key is Key.COMM else row[key.column]: row for row in rows
        }
        assert {value: row["records"] for value, row in found.items()} == times
        assert {value: row["pages"] for value, row in found.items()} == pages
        assert all(row["bytes"] == 4096 * int(str(row["pages"])) for row in rows)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["linux-5.10/t0.txt", "linux-7.3/boot.txt"])
def test_the_total_agrees_with_a_count_by_hand(real: Tool, dump: DumpPath, name: str) -> None:
    records = count_records(dump(name))
    done = real.ok("top", label_of(name), "--by", "order", "--format", "csv")
    pages = sum(record.pages for record in records)
    total = f"total {len(records):,} records, {pages:,} pages of 4096 bytes (assumed), "
    assert total in done.err
    rows = csv_rows(done.out)
    assert sum(int(row["records"]) for row in rows) == len(records)
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)


@pytest.mark.sampled
@pytest.mark.parametrize("key", [key for key in REAL_KEYS if key is not Key.FUNCTION])
def test_every_key_counts_every_record_once(real: Tool, key: Key) -> None:
    rows = top(real, "7.3/t2", "--by", key)
    assert sum(int(str(row["records"])) for row in rows) == 61080
    assert sum(int(str(row["pages"])) for row in rows) == 119700
    assert rows == sorted(rows, key=lambda row: -int(str(row["bytes"])))


def test_keys_combine(real: Tool) -> None:
    rows = top(real, "7.3/t2", "--by", "comm", "--by", "order", "--by", "allocator")
    assert list(rows[0]) == ["comm", "order", "allocator", "records", "pages", "bytes", "share"]
    alone = {row["comm"]: row["records"] for row in top(real, "7.3/t2", "--by", "comm")}
    summed: dict[object, int] = {}
    for row in rows:
        summed[row["comm"]] = summed.get(row["comm"], 0) + int(str(row["records"]))
    assert summed == alone


def test_function_is_inclusive_and_says_so(real: Tool) -> None:
    done = real.ok("top", "7.3/t2", "--by", "function", "--format", "json")
    assert "function: each record counts for every function in its stack" in done.err
    rows = {row["function"]: row for row in json_rows(done.out)}
    sql = """
        SELECT count(*), sum(pages) FROM allocations
        WHERE dump = '7.3/t2' AND stack_id IN
            (SELECT stack_id FROM stacks WHERE '\n' || text LIKE '%\nvfs_write+%')
    """
    [(records, pages)] = real.rows(sql)
    assert (rows["vfs_write"]["records"], rows["vfs_write"]["pages"]) == (records, pages)
    assert sum(float(row["share"]) for row in rows.values()) > 1


SELECTIONS = {
    "--pid=1": "pid = 1",
    "--tgid=1": "tgid = 1",
    "--name=sockleak": "comm = 'sockleak'",
    r"--name=\xff\xfe bad": r"comm = '\xff\xfe bad'",
    "--name=two\nlines": "comm = 'two' || chr(10) || 'lines'",
    "--name='; DROP TAB--": "comm = '''; DROP TAB--'",
    "--memcg=app.slice": "memcg = 'app.slice'",
    "--module=vmlinux": "module = 'vmlinux'",
    "--function=vfs_write": "contains(chr(10) || stack, chr(10) || 'vfs_write+')",
    "--owner=unix_dgram_sendmsg": "owner = 'unix_dgram_sendmsg'",
    "--since=5s": "alloc_ts >= (SELECT max(alloc_ts) FROM dump('7.3/t2')) - 5000000000",
    "--until=boot+20s": "alloc_ts <= 20000000000",
}


@pytest.mark.sampled
@pytest.mark.parametrize("option", SELECTIONS)
def test_a_selection_takes_what_fits(real: Tool, option: str) -> None:
    sql = f"SELECT count(*), sum(pages) FROM dump('7.3/t2') WHERE {SELECTIONS[option]}"
    [(records, pages)] = real.rows(sql)
    assert records
    rows = top(real, "7.3/t2", option, "--by", "migratetype")
    assert sum(int(str(row["records"])) for row in rows) == records
    assert sum(int(str(row["pages"])) for row in rows) == pages


@pytest.mark.thorough
def test_selections_repeat_and_combine(real: Tool) -> None:
    words = [
        "--name",
        "cat",
        "--name",
        "sockleak",
        "--since",
        "boot+10s",
        "--function",
        "vfs_write",
    ]
    [row] = top(real, "7.3/t2", *words, "--by", "comm", "--by", "node")
    assert row["comm"] == "cat"
    assert "selected" in real.ok("top", "7.3/t2", *words).err + real.ok("top", "7.3/t2", *words).out


def test_a_field_that_the_dump_lacks_is_named(real: Tool) -> None:
    for words, field in (
        (["--by", "comm"], "comm"),
        (["--by", "node"], "node"),
        (["--pid", "1"], "pid"),
        (["--since", "5s"], "alloc_ts"),
    ):
        line = real.fails(1, "top", "5.10/t0", *words)
        assert line.startswith("5.10/t0: this dump has no "), line
        assert field in line
    assert "--captured-at" in real.fails(1, "top", "7.3/t2", "--since", "2026-11-23")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "nothing"], "'nothing' is not one of"),
        (["--since", "yesterday"], "since: not a time: 'yesterday'"),
        (["--since", "boot+1s", "--until", "2026-11-23"], "give both as boot+"),
        (["--limit", "-1"], "--limit"),
        (["--format", "xml"], "--format"),
        (["-o", "rows.xls"], "no format has this ending"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(real: Tool, words: list[str], said: str) -> None:
    assert said in real.fails(2, "top", "7.3/t2", *words)


@pytest.mark.thorough
def test_a_table_has_twenty_rows_and_says_so(real: Tool) -> None:
    done = real.ok("top", "7.3/t2", "--by", "comm")
    heading, _, *rows = done.out.splitlines()
    assert heading.split() == ["comm", "records", "pages", "bytes", "share"]
    assert len(rows) == 21
    assert "7.3/t2: total 61,080 records" in rows[-1]
    assert done.err == "the first 20 rows; --limit 0 gives all\n"
    assert len(real.ok("top", "7.3/t2", "--by", "comm", "--limit", "0").out.splitlines()) > 23
    assert len(real.ok("top", "7.3/t2", "--by", "comm", "--limit", "3").out.splitlines()) == 6


def test_the_last_dump_is_meant_where_none_is_named(real: Tool) -> None:
    [(last,)] = real.rows("SELECT label FROM dumps ORDER BY dump_id DESC LIMIT 1")
    done = real.ok("top", "--by", "order", "--format", "csv")
    assert done.err.startswith(f"{last}: the dump loaded last\n")


def test_page_size_given_is_not_called_assumed(tool: Tool) -> None:
    path = tool.folder / "big.txt"
    path.write_bytes(ERAS[2].record(b"java"))
    tool.ok("load", path, "--page-size", "64K")
    done = tool.ok("top", "big", "--by", "comm", "--format", "json")
    assert "4 pages of 65536 bytes, 256 KiB" in done.err
    assert json_rows(done.out)[0]["bytes"] == 4 * 65536


def test_a_file_stands_for_its_dump(tool: Tool) -> None:
    path = tool.folder / "new.txt"
    path.write_bytes(ERAS[2].record(b"java"))
    first = tool.ok("top", path, "--by", "comm", "--format", "csv")
    assert csv_rows(first.out)[0]["comm"] == "java"
    assert tool.ok("top", path, "--by", "comm", "--format", "csv").out == first.out
    assert tool.labels() == ["new"]


def test_times_may_be_dates_where_the_dump_says_when_it_was_taken(tool: Tool) -> None:
    path = tool.folder / "dated.txt"
    path.write_bytes(ERAS[2].record(b"old", 1) + ERAS[2].record(b"new", 2_000_000_000))
    tool.ok("load", path, "--captured-at", "2026-11-23T12:00:00Z")
    for since in ("2026-11-23T11:59:59.5Z", "2026-11-23T12:59:59+01:00", "1s", "boot+1s"):
        rows = top(tool, "dated", "--by", "comm", "--since", since)
        assert [row["comm"] for row in rows] == ["new"], since
