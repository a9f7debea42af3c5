"""A lake takes each dump once, whole, and gives back what its records add up to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

import pageowner_sql as po
from pageowner_sql.errors import DatabaseError, InputError, UsageError
from tests.support.tool import Tool

DumpPath = Callable[[str], Path]
TABLES = ("dumps", "stacks", "groups", "records")


def counts(lake: po.Lake) -> dict[str, int]:
    return {name: lake.sql(f"SELECT count(*) FROM {name}").rows()[0][0] for name in TABLES}


@pytest.fixture
def lake(tmp_path: Path) -> po.Lake:
    return po.Lake(tmp_path / "lake")


def test_a_dump_becomes_what_its_records_add_up_to(lake: po.Lake, dump: DumpPath) -> None:
    path = dump("linux-7.3/t2.txt")
    captured = datetime.fromisoformat("2026-11-20T10:00:00")
    told: list[str] = []
    number = lake.add(
        path, host="a", kernel="7.3", captured_at=captured, tags={"region": "eu"}, added=told.append
    )
    assert number == 1
    assert told == [f"{path}: added, 670 groups"]
    row = lake.sql("SELECT host, kernel, day, tags, records, pages FROM dumps").rows()
    assert row == [("a", "7.3", date(2026, 11, 20), {"region": "eu"}, 61080, 119700)]
    with po.open() as db:
        db.load(path)
        for key in ("owner", "comm"):
            held = db.top(by=key).rows()
            sql = f"""
                SELECT {key}, sum(records), sum(pages), sum(g.bytes)
                FROM groups g JOIN stacks USING (stack_key) GROUP BY {key} ORDER BY 4 DESC, 1
            """
            assert sorted(lake.sql(sql).rows()) == sorted(each[:4] for each in held)
    ages = "pages_1s + pages_10s + pages_1min + pages_10min + pages_1h + pages_1d"
    known = "SELECT sum(pages) FROM live_allocations WHERE alloc_ts > 0"
    with po.open() as db:
        db.load(path)
        assert lake.sql(f"SELECT sum({ages}) FROM groups").rows() == db.sql(known).rows()


def test_adding_twice_adds_once(lake: po.Lake, dump: DumpPath) -> None:
    path = dump("linux-7.3/t0.txt")
    assert lake.add(path, path, host="a", records=True) == 1
    before = counts(lake)
    assert before["records"] == 69092
    told: list[str] = []
    assert lake.add(path, host="b", added=told.append) == 0
    assert told == [f"{path}: is in the lake already"]
    assert counts(lake) == before


def test_stacks_of_two_machines_are_one(lake: po.Lake, dump: DumpPath) -> None:
    lake.add(dump("linux-7.3/t0.txt"), host="a")
    first = counts(lake)["stacks"]
    lake.add(dump("linux-7.3/t2.txt"), host="b")
    both = counts(lake)["stacks"]
    assert first < both < 2 * first
    assert lake.sql("SELECT count(DISTINCT stack_key) FROM stacks").rows() == [(both,)]
    missing = "SELECT count(*) FROM groups WHERE stack_key NOT IN (SELECT stack_key FROM stacks)"
    assert lake.sql(missing).rows() == [(0,)]


@pytest.mark.thorough
def test_a_file_of_sums_is_a_dump_too(lake: po.Lake, dump: DumpPath) -> None:
    path = dump("linux-7.3/show_stacks.txt")
    assert lake.add(path, host="a") == 1
    with po.open() as db:
        db.load(path)
        held = db.sql("SELECT sum(pages) FROM dump_stacks").rows()
    assert lake.sql("SELECT sum(pages) FROM groups").rows() == held
    assert lake.sql("SELECT kind, any_value(comm) FROM dumps, groups GROUP BY 1").rows() == [
        ("show_stacks", None)
    ]


@pytest.mark.thorough
def test_the_path_says_host_time_and_tags(lake: po.Lake, dump: DumpPath, tmp_path: Path) -> None:
    for host in ("web-1", "web-2"):
        folder = tmp_path / "fleet" / "eu" / host
        folder.mkdir(parents=True)
        text = dump("linux-7.3/t0.txt").read_bytes()
        # A record less, so that the texts differ.
        (folder / "2026-11-20.txt").write_bytes(text if host == "web-1" else text[:-3000])
    pattern = r"(?P<region>\w+)/(?P<host>[^/]+)/(?P<captured_at>[\d-]+)\.txt"
    assert lake.add(tmp_path / "fleet", from_path=pattern, kernel="7.3") == 2
    rows = lake.sql("SELECT host, day, tags, kernel FROM dumps ORDER BY host").rows()
    day, tags = date(2026, 11, 20), {"region": "eu"}
    assert rows == [("web-1", day, tags, "7.3"), ("web-2", day, tags, "7.3")]


@pytest.mark.thorough
def test_a_dump_that_cannot_be_read_keeps_no_other_out(
    lake: po.Lake, dump: DumpPath, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("nothing\n")
    failed: list[str] = []
    added = lake.add(wrong, dump("linux-7.3/t0.txt"), failed=lambda each: failed.append(str(each)))
    assert added == 1
    assert failed[0].startswith(f"{wrong}: ")


def test_names_are_hashed_and_stay_equal_under_one_key(
    tmp_path: Path, dump: DumpPath, lake: po.Lake
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    lake.add(dump("linux-7.3/t0.txt"), host="db-7", redact_key=key)
    lake.add(dump("linux-7.3/t2.txt"), host="db-7", redact_key=key)
    [(host,)] = lake.sql("SELECT DISTINCT host FROM dumps").rows()
    assert host.startswith("host-")
    names = {name for (name,) in lake.sql("SELECT DISTINCT comm FROM groups").rows()}
    assert all(not name or name.startswith("comm-") for name in names)
    both = "SELECT comm FROM groups GROUP BY comm HAVING count(DISTINCT dump_id) = 2"
    assert len(lake.sql(both).rows()) > 5
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.json"))
    assert b"db-7" not in written
    with pytest.raises(UsageError, match="--records"):
        lake.add(dump("linux-7.3/t0.txt"), redact=True, records=True)
    key.write_bytes(b"short")
    with pytest.raises(InputError, match="too short"):
        lake.add(dump("linux-7.3/t0.txt"), redact_key=key)


def test_what_is_not_a_lake_is_refused(tmp_path: Path, dump: DumpPath) -> None:
    with pytest.raises(DatabaseError, match="is not a lake; make it with"):
        po.Lake(tmp_path / "none").sql("SELECT 1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(DatabaseError, match=r"other files \(file\)"):
        po.Lake(tmp_path / "other").add(dump("linux-7.3/t0.txt"))
    with pytest.raises(DatabaseError, match="is a file"):
        po.Lake(tmp_path / "other" / "file").add(dump("linux-7.3/t0.txt"))


@pytest.mark.parametrize("char", "*?[]^|\\\n")
def test_a_path_that_a_lake_cannot_have_is_refused(tmp_path: Path, char: str) -> None:
    """With a pattern in its name a lake would read the files of others, too."""
    with pytest.raises(DatabaseError, match=re.escape(f"cannot have {char!r} in it")):
        po.Lake(tmp_path / f"a{char}b")


def test_a_link_out_of_the_lake_is_refused(lake: po.Lake, dump: DumpPath, tmp_path: Path) -> None:
    lake.add(dump("linux-7.3/boot.txt"))
    [file] = (tmp_path / "lake" / "dumps").glob("*.parquet")
    file.symlink_to(file.rename(tmp_path / file.name))
    with pytest.raises(DatabaseError, match="names a file outside of it"):
        lake.sql("SELECT * FROM dumps")


def test_a_pattern_in_the_place_of_a_file_is_refused(
    lake: po.Lake, dump: DumpPath, tmp_path: Path
) -> None:
    lake.add(dump("linux-7.3/boot.txt"))
    secret = tmp_path / "secret.parquet"
    [file] = (tmp_path / "lake" / "dumps").glob("*.parquet")
    file.rename(secret)
    for log in (tmp_path / "lake" / "dumps" / "_delta_log").glob("*.json"):
        log.write_text(log.read_text().replace(file.name, "**/../../secret.parquet"))
    with pytest.raises(DatabaseError, match="names a file outside of it"):
        lake.sql("SELECT 1 FROM dumps")


def test_the_command_line_adds_lists_and_asks(tool: Tool, dump: DumpPath) -> None:
    lake, path = tool.folder / "lake", dump("linux-7.3/t0.txt")
    out = tool.ok("lake", "add", lake, path, "--host", "a", "--tag", "region=eu").out
    assert out == f"{path}: added, 652 groups\n"
    assert tool.ok("lake", "add", lake, path).out == f"{path}: is in the lake already\n"
    asked = ("lake", "sql", lake, "SELECT host FROM dumps WHERE host = $h", "--param", "h=a")
    assert tool.ok(*asked, "--format", "csv").out == "host\na\n"
    assert tool.fails(1, "lake", "sql", tool.folder / "none", "SELECT 1").startswith(
        f"{tool.folder}/none: is not a lake"
    )
    assert "fleet/growth," in tool.ok("lake", "query", lake, "--format", "csv").out
    out = tool.ok("lake", "query", lake, "fleet/coverage", "--format", "csv").out
    assert out.splitlines()[1].startswith('"",1,1,0,1,')
    shown = tool.ok("lake", "query", lake, "fleet/coverage", "--show-sql").out
    assert "CREATE OR REPLACE VIEW dumps AS SELECT" in shown
    assert duckdb.execute(shown).fetchall()[0][:3] == ("", 1, 1)
    compacted = tool.ok("lake", "compact", lake).out.splitlines()
    assert [line.partition(":")[0] for line in compacted] == list(TABLES)
    said = tool.fails(2, "lake", "query", lake, "stacks/top")
    assert said == "stacks/top: is about the dumps of a database: pageowner-sql query stacks/top"


def test_no_output_goes_into_the_lake(tool: Tool, dump: DumpPath) -> None:
    folder = tool.folder / "lake"
    tool.ok("lake", "add", folder, dump("linux-7.3/boot.txt"))
    part = next(folder.glob("stacks/*.parquet"))
    before = part.read_bytes()
    for target in (part, folder / "new.parquet"):
        told = tool.fails(2, "lake", "sql", folder, "SELECT 1", "-o", target)
        assert told == f"{target}: is in the lake in use; give another file"
    assert part.read_bytes() == before
    assert not (folder / "new.parquet").exists()
