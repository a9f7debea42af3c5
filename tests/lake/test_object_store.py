"""A lake below the URL of an object store keeps every promise of a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.errors import DatabaseError
from pageowner_sql.lake.delta import DeltaLake
from tests.lake.test_writers import compact_beside, orphans, whole_dumps
from tests.lake.writers import start
from tests.support import ROOT
from tests.support.object_store import BUCKET, object_store
from tests.support.tool import Tool, environment

DumpPath = Callable[[str], Path]

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    with object_store() as variables:
        yield variables


@pytest.fixture
def url(
    store: dict[str, str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    for name, value in store.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{request.node.name}"


def test_every_command_takes_the_url(url: str, tool: Tool, dump: DumpPath) -> None:
    one, other = dump("linux-7.3/t0.txt"), dump("linux-6.1/t0.txt")
    hosts = ("--from-path", r"linux-(?P<host>[\d.]+)")
    assert tool.ok("lake", "add", url, one, other, *hosts).out.count(": added, ") == 2
    assert tool.ok("lake", "add", url, one, *hosts).out == f"{one}: is in the lake already\n"
    folder = tool.folder / "lake"
    tool.ok("lake", "add", folder, one, other, *hosts)
    query = ("fleet/percentiles", "--format", "csv")
    sql = ("SELECT host, count(*) FROM groups JOIN dumps USING (dump_id) GROUP BY 1 ORDER BY 1",)
    for words in (("query", *query), ("sql", *sql, "--format", "csv")):
        name, *rest = words
        asked = tool.ok("lake", name, url, *rest).out
        assert asked
        assert asked == tool.ok("lake", name, folder, *rest).out
    page = tool.folder / "fleet.md"
    tool.ok("lake", "report", url, "-o", page)
    assert "Owners over hosts" in page.read_text()
    assert "groups: 1 files, were 1; " in tool.ok("lake", "compact", url).out
    # What is shown runs wherever DuckDB has its own reader of object stores.
    assert f"'{url}/groups/day=" in tool.ok("lake", "query", url, *query, "--show-sql").out


def test_a_bucket_that_is_not_there_is_one_line(url: str, dump: DumpPath) -> None:
    assert url
    with pytest.raises(DatabaseError, match=r"^s3://nowhere/lake: "):
        po.Lake("s3://nowhere/lake").add(dump("linux-7.3/t0.txt"))


def test_writers_and_one_who_compacts_leave_it_whole(url: str) -> None:
    DeltaLake(url).make()
    lake = po.Lake(url)
    # Each dump is added by two writers.
    writers = [start(url, *span) for span in ((0, 7), (3, 10), (0, 7), (3, 10))]
    seen = compact_beside(lake, writers)
    assert whole_dumps(lake) == 11
    assert seen == sorted(seen)


def test_a_killed_writer_leaves_it_whole(url: str) -> None:
    DeltaLake(url).make()
    lake = po.Lake(url)
    for last in (False, False, False, False, True):
        first = whole_dumps(lake)
        with start(url, first, first + 1000) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1.5)
            # A busy machine may have written nothing so far.
            while last and not whole_dumps(lake):
                assert process.poll() is None
            process.kill()
    assert whole_dumps(lake) > 0
    assert orphans(lake) >= 0


def test_two_who_add_the_same_add_it_once(url: str, dump: DumpPath) -> None:
    command = [sys.executable, "-m", "pageowner_sql", "lake", "add", url]
    command += ["--host", "a", str(dump("linux-7.3/t0.txt"))]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate()[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted("added" in text for text in said) == [False, True]
    assert po.Lake(url).sql("SELECT count(*), count(DISTINCT sha256) FROM dumps").rows() == [(1, 1)]
