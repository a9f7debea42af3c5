"""A real kernel is captured as `cat` reads it, and nothing is left behind."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.dump.source import open_source
from pageowner_sql.live.bundle import Bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

# Programs that run while nothing but the readers does.
OWN = rb"(?:cat|gzip|bash|python3|zstd|sleep|sync|kworker/\S+|jbd2/\S+|kswapd0|init|run\.sh)"
BUNDLES = ("readers-1.tar.zst", "readers-2.tar.zst", "readers-4.tar.zst", "script.tar.gz")
_RECORD = re.compile(rb"(?<=\n\n)(?=Page allocated via order )")
_PFN = re.compile(rb"^PFN 0x([0-9a-f]+)", re.MULTILINE)
_FLAGS = re.compile(rb" Flags 0x[0-9a-f]+\(.*\)\n")


def records(text: bytes) -> list[bytes]:
    """Records without the page's flags, which change while the allocation stays."""
    return [_FLAGS.sub(b"\n", each, count=1) for each in _RECORD.split(text)]


def part(results: Path, *names: str) -> None:
    """Skip the test where the host was too slow for one of these parts of run.sh."""
    file = results / "skipped.txt"
    skipped = file.read_text().split() if file.exists() else []
    if left := [name for name in names if name in skipped]:
        pytest.skip(f"the guest had no time left for {', '.join(left)}")


@pytest.fixture(scope="session")
def lasting(results: Path) -> set[bytes]:
    """Return the allocations that were there before all captures, and after them."""
    part(results, "cat", "cat-again")
    first, last = (
        set(records((results / name).read_bytes())) for name in ("cat.txt", "cat-again.txt")
    )
    found = first & last
    assert len(found) > 5000
    return found


# What each way of reading is called, and the file that it leaves.
WAYS = {
    "cat": ("`cat` to a file, before", "cat.txt"),
    "readers-1": ("bundle, 1 reader", "readers-1.tar.zst"),
    "readers-2": ("bundle, 2 readers", "readers-2.tar.zst"),
    "readers-4": ("bundle, 4 readers", "readers-4.tar.zst"),
    "handles": ("bundle by handles, 2 readers", "handles.tar.zst"),
    "database": ("database, 2 readers", "guest.duckdb"),
    "script": ("the script, busybox", "script.tar.gz"),
    "cat-again": ("`cat` to a file, after", "cat-again.txt"),
}


def table(results: Path) -> str:
    """The table of docs/live.md."""
    heads = ("", "seconds", "CPU seconds (user + system)", "bytes written")
    lines = [
        "| " + " | ".join((*heads, "page cache left", "records")).lstrip() + " |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for line in (results / "table.txt").read_text().splitlines():
        name, seconds, user, system, kilobytes, size = line.split()
        what, file = WAYS[name]
        cpu = f"{float(user):.1f} + {float(system):.1f}"
        cells = (what, f"{float(seconds):.1f}", cpu, f"{int(size):,}", f"{int(kilobytes):,} kB")
        lines.append(f"| {' | '.join(cells)} | {count(results / file):,} |")
    return "\n".join(lines)


def count(path: Path) -> int:
    """The records in what a way of reading left."""
    if path.suffix == ".duckdb":
        with po.open(path) as db:
            return db.dumps()[0].records
    if path.suffix == ".txt":
        return len(records(path.read_bytes()))
    with open_source(str(path)) as source:
        return len(records(Bundle(source).read()))


def test_the_guest_came_to_its_end(results: Path) -> None:
    assert (results / "done.txt").read_text().startswith("all took ")
    skipped = results / "skipped.txt"
    left_out = skipped.read_text().split() if skipped.exists() else ["nothing"]
    print(f"\nleft out: {', '.join(left_out)}\n\n{table(results)}\n")  # noqa: T201  # for the guide


def bundled(path: Path) -> list[bytes]:
    """The records of a bundle, which must be in the order of their pages, each once."""
    with open_source(str(path)) as source:
        found = records(Bundle(source).read())
    pfns = [int(_PFN.search(each)[1], 16) for each in found]  # type: ignore[index]
    assert pfns == sorted(set(pfns))
    return found


def test_a_machine_at_rest_is_captured_exactly(results: Path) -> None:
    """What was there before and after is there; what is new is the readers' own."""
    part(results, "rest")
    found = set(bundled(results / "rest.tar.zst"))
    before, after = (
        set(records(gzip.decompress((results / f"rest-{name}.gz").read_bytes())))
        for name in ("before", "after")
    )
    assert len(before & after) > 10_000
    assert before & after <= found
    others = [each for each in found - before - after if not re.search(OWN, each.split(b"\n")[0])]
    assert others == []


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_has_each_record_once(results: Path, lasting: set[bytes], name: str) -> None:
    part(results, name.partition(".")[0])
    found = bundled(results / name)
    # A page that migrates meanwhile has another PFN then, and its record says so.
    assert len(lasting - set(found)) <= len(lasting) // 1000


def test_handles_have_stacks(results: Path) -> None:
    part(results, "handles")
    with po.open() as db:
        db.load(results / "handles.tar.zst")
        [(records, named)] = db.sql(
            "SELECT count(*), count(*) FILTER (stack <> '') FROM live_allocations"
        ).rows()
    # Those whose every page was freed before it was asked for its stack have none.
    assert named > 0.99 * records


def test_the_database_has_all_of_the_moment(results: Path) -> None:
    part(results, "database")
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
    for name in left.keys() & {"readers-1", "readers-2", "readers-4", "handles", "database"}:
        assert left[name] < 4_000, (name, left)


def test_the_hour_is_told_apart(results: Path) -> None:
    """A leak of pipes, a step of a file in memory, a spike of sockets, and a breath."""
    part(results, "hour")
    with po.open(results / "samples.duckdb") as db:
        [(taken,)] = db.sql("SELECT count(DISTINCT taken_at) FROM samples").rows()
        assert taken == 125
        rows = db.leaks("@1h..", by=["owner", "subsystem"], period=30).dicts()
    told = {(row["verdict"], row["subsystem"]) for row in rows if row["most_bytes"] > 4 << 20}
    print(db_text(rows))  # noqa: T201  # what the guide shows
    assert {("trend", "pipe"), ("step", "shmem"), ("rhythm", "anonymous memory")} <= told
    assert any(verdict == "spike" and "unix" in str(name) for verdict, name in told)


def db_text(rows: list[dict[str, object]]) -> str:
    """The rows that move by most, a line each."""
    names = ("verdict", "owner", "subsystem", "growth_bytes", "most_bytes", "why")
    return "\n".join("  ".join(str(row[name]) for name in names) for row in rows[:20])


def test_watch_acts_when_a_rule_is_broken(results: Path) -> None:
    part(results, "watch")
    assert (results / "watch.code").read_text() == "9\n"
    assert (results / "watch.done").read_text() == "broken\n"
    assert "leak of any > 50M/h: " in (results / "watch.log").read_text()
    assert "pageowner_bytes{" in (results / "watch.prom").read_text()
    with po.open(results / "watch.duckdb") as db:
        dump, *_ = db.dumps()
        assert dump.records > 10_000


def test_watch_takes_keys_on_a_terminal(results: Path) -> None:
    part(results, "watch")
    if (results / "watch.key").read_text() == "too slow":
        pytest.skip("the guest had no time left for keys")
    assert (results / "watch.key").read_text() == "0"
    screen = (results / "watch.screen").read_text(errors="replace")
    assert "anon_pipe_write" in screen
    assert "filter: pipe" in screen
    assert "paused" in screen


def test_what_is_interrupted_leaves_nothing(results: Path) -> None:
    part(results, "cut")
    names = (results / "list.txt").read_text().split()
    assert not [name for name in names if name.startswith(".pageowner-sql-")]
    for name in names:
        if re.fullmatch(r"cut-\d\.tar\.zst", name):
            assert bundled(results / name)
    for path in results.glob("cut-*.duckdb"):
        with po.open(path) as db:
            assert all(dump.records for dump in db.dumps())


def test_a_recording_that_is_killed_keeps_its_samples(results: Path) -> None:
    part(results, "cut")
    with po.open(results / "killed" / "killed.duckdb") as db:
        rows = db.sql("SELECT source, count(*) FROM samples GROUP BY source").rows()
    assert len({count for _, count in rows}) == 1
    assert rows[0][1] >= 5
