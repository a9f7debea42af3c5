"""A real kernel is captured as `cat` reads it, and nothing is left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.dump.source import open_source
from pageowner_sql.live.bundle import Bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

BUNDLES = ("readers-1.tar.zst", "readers-2.tar.zst", "readers-4.tar.zst", "script.tar.gz")
_RECORD = re.compile(rb"(?<=\n\n)(?=Page allocated via order )")
_PFN = re.compile(rb"^PFN 0x([0-9a-f]+)", re.MULTILINE)
_FLAGS = re.compile(rb" Flags 0x[0-9a-f]+\(.*\)\n")


def records(text: bytes) -> list[bytes]:
    """Records without the page's flags, which change while the allocation stays."""
    return [_FLAGS.sub(b"\n", each, count=1) for each in _RECORD.split(text)]


@pytest.fixture(scope="session")
def lasting(results: Path) -> set[bytes]:
    """Return the allocations that were there before all captures, and after them."""
    first, last = (
        set(records((results / name).read_bytes())) for name in ("cat.txt", "cat-again.txt")
    )
    found = first & last
    assert len(found) > 5000
    return found


def test_the_guest_came_to_its_end(results: Path) -> None:
    assert (results / "done.txt").read_text() == "done\n"
    print((results / "table.txt").read_text())  # noqa: T201  # what the guide shows


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_has_each_record_once(results: Path, lasting: set[bytes], name: str) -> None:
    with open_source(str(results / name)) as source:
        found = records(Bundle(source).read())
    pfns = [int(_PFN.search(each)[1], 16) for each in found]  # type: ignore[index]
    assert pfns == sorted(set(pfns))
    # A page that migrates meanwhile has another PFN then, and its record says so.
    assert len(lasting - set(found)) <= len(lasting) // 1000


def test_handles_have_stacks(results: Path) -> None:
    with po.open() as db:
        db.load(results / "handles.tar.zst")
        [(records, named)] = db.sql(
            "SELECT count(*), count(*) FILTER (stack <> '') FROM live_allocations"
        ).rows()
    # Those whose every page was freed before it was asked for its stack have none.
    assert named > 0.99 * records


def test_the_database_has_all_of_the_moment(results: Path) -> None:
    with po.open(results / "guest.duckdb") as db:
        [dump] = db.dumps()
        assert (dump.label, dump.host, dump.kernel, dump.rejected) == ("guest", "guest", "7.3.4", 0)
        kinds = {kind for (kind,) in db.sql("SELECT kind FROM account_files").rows()}
        assert {"meminfo", "zoneinfo", "slabinfo", "allocinfo", "vmallocinfo"} <= kinds
        [(processes,)] = db.sql("SELECT count(*) FROM processes WHERE tgid = 1").rows()
        assert processes == 1


def test_a_capture_leaves_no_page_cache(results: Path) -> None:
    left = {}
    for line in (results / "table.txt").read_text().splitlines():
        name, *_, kilobytes, _size = line.split()
        left[name] = int(kilobytes)
    assert left["cat"] > 10_000
    for name in ("readers-1", "readers-2", "readers-4", "handles", "database"):
        assert left[name] < 4_000, (name, left)


def test_a_leak_is_told_by_its_samples(results: Path) -> None:
    with po.open(results / "samples.duckdb") as db:
        [(taken,)] = db.sql("SELECT count(DISTINCT taken_at) FROM samples").rows()
        assert taken == 20
        rows = db.query("samples/shapes", least="256K").rows()
    # Of the first frame that is not the allocator's own.
    assert any(row[0] == "trend" and "pipe" in str(row[3]) for row in rows), rows


def test_what_is_interrupted_leaves_nothing(results: Path) -> None:
    names = (results / "list.txt").read_text().split()
    assert not [name for name in names if name.startswith(".pageowner-sql-")]
    for name in names:
        if re.fullmatch(r"cut-\d\.tar\.zst", name):
            with open_source(str(results / name)) as source:
                assert Bundle(source).read()
    for path in results.glob("cut-*.duckdb"):
        with po.open(path) as db:
            assert all(dump.records for dump in db.dumps())
