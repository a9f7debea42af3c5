import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

import pageowner_sql as po
from pageowner_sql import recordings
from pageowner_sql.live.machine import Machine
from pageowner_sql.live.sampler import Sample, Sampler
from pageowner_sql.output.model import Timeline
from pageowner_sql.recordings import Recording, RecordOptions
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.samples import SampleWriter
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.live_file import machine_folder
from tests.support.sampling import FACTS, TRUTHS, samples
from tests.support.tool import Tool, held

STACKS = "sys/kernel/debug/page_owner_stacks"


@pytest.fixture
def root(tmp_path: Path, dump: DumpPath) -> Path:
    files: dict[str, str | bytes] = {
        "proc/meminfo": dump("linux-7.3/t0.meminfo").read_bytes(),
        "proc/allocinfo": dump("linux-7.3/t0.allocinfo").read_bytes(),
    }
    for name in ("show_stacks", "show_handles", "show_stacks_handles"):
        files[f"{STACKS}/{name}"] = dump(f"linux-7.3/{name}.txt").read_bytes()
    return machine_folder(tmp_path / "root", files)


def keep(path: Path, found: list[Sample]) -> None:
    """Write samples as a recording does, some at a time."""
    writer = SampleWriter()
    for part in itertools.batched(found, 360) if hasattr(itertools, "batched") else [found]:
        with Database.open(path, Mode.WRITE) as database:
            writer.write(database, part)


def test_the_cheap_files_are_sampled(tool: Tool, root: Path) -> None:
    done = tool.ok("record", "--root", root, "--every", "100ms", "--for", "250ms")
    assert done.out == "3 samples\n"
    assert tool.rows("SELECT source, count(*) FROM samples GROUP BY source ORDER BY source") == [
        ("allocinfo", 3),
        ("meminfo", 3),
        ("show_handles", 3),
    ]
    sql = "SELECT DISTINCT bytes FROM sampled WHERE source = 'meminfo' AND name = 'MemTotal'"
    meminfo = (root / "proc/meminfo").read_text().split()
    assert tool.rows(sql) == [(int(meminfo[1]) * 1024,)]
    [(series, stacks)] = tool.rows(
        "SELECT count(*), count(stack) FROM sample_series WHERE source = 'show_handles'"
    )
    assert series == stacks == 271
    [(held,)] = tool.rows(
        "SELECT DISTINCT sum(bytes) FROM sampled WHERE source = 'show_handles' GROUP BY sample_id"
    )
    lines = (root / f"{STACKS}/show_handles").read_text().splitlines()
    pages = sum(int(line.split()[1]) for line in lines if line.startswith("nr_base_pages"))
    assert held == pages * 4096


def test_sources_can_be_chosen(tool: Tool, root: Path) -> None:
    tool.ok("record", "--root", root, "--source", "show_stacks", "--for", "1ms")
    assert tool.rows("SELECT source FROM samples") == [("show_stacks",)]


@pytest.mark.parametrize(
    ("missing", "read"),
    [
        ("show_stacks", "show_handles"),
        ("show_stacks_handles", "show_stacks"),
        ("show_handles", "show_stacks"),
    ],
)
def test_the_cheapest_of_what_is_there_is_read(root: Path, missing: str, read: str) -> None:
    (root / f"{STACKS}/{missing}").unlink()
    assert Sampler(Machine(str(root))).sources == [read, "allocinfo", "meminfo"]


def test_a_source_that_is_not_there_is_said(tool: Tool, root: Path) -> None:
    (root / "proc/allocinfo").unlink()
    tool.ok("record", "--root", root, "--for", "1ms")
    done = tool.run("record", "--root", root, "--source", "allocinfo", "--for", "1ms")
    assert done.code == 1
    assert "this kernel has no allocinfo, or this takes root" in done.err


def test_what_cannot_be_read_any_more_is_a_gap(
    tool: Tool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that shows nothing holds not nothing."""
    said: list[str] = []
    with po.open(tool.db) as db:
        recording = Recording(db._space, RecordOptions(0.1, 0.4, root=str(root)), said.append)
        taken = 0

        def wait(timeout: float | None = None) -> bool:
            nonlocal taken
            del timeout
            taken += 1
            if taken == 2:
                (root / f"{STACKS}/show_handles").rename(root / "away")
            return False

        monkeypatch.setattr(recording.stop, "wait", wait)
        recording.run()
    counts = tool.rows("SELECT source, count(*) FROM samples GROUP BY source ORDER BY source")
    assert counts == [("allocinfo", 4), ("meminfo", 4), ("show_handles", 2)]
    assert said == ["show_handles: cannot be read any more; the recording has a gap"]
    [(is_held,)] = tool.rows(
        "SELECT min(bytes) > 0 FROM sample_points WHERE source = 'show_handles'"
    )
    assert is_held is True


def test_samples_that_wait_are_bounded(
    tool: Tool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the database; the first and the last stay."""
    monkeypatch.setattr(recordings, "KEPT", 0)
    monkeypatch.setattr(recordings, "_MOST_WAITING", 3000)
    said: list[str] = []
    options = RecordOptions(0.1, 1.5, ("show_handles",), str(root))
    with po.open(tool.db) as db:
        recording = Recording(db._space, options, said.append)
        taken = 0
        most = 0

        def wait(timeout: float | None = None) -> bool:
            nonlocal taken, most
            del timeout
            taken += 1
            most = max(most, len(recording._waiting))
            if taken == 1:
                holder.enter_context(held(tool.db, Mode.WRITE))
            elif taken == 14:
                holder.close()
            return False

        monkeypatch.setattr(recording.stop, "wait", wait)
        with ExitStack() as holder:
            recording.run()
    # 271 stacks a sample.
    assert most == 11
    assert "too many samples wait; every other one is left out" in said
    [(count, series)] = tool.rows("SELECT count(*), count(DISTINCT taken_at) FROM samples")
    assert count == series
    assert isinstance(count, int)
    assert 1 + 6 < count < 15


def test_another_boot_is_another_boot(tool: Tool, root: Path) -> None:
    tool.ok("record", "--root", root, "--for", "1ms")
    (root / "proc/sys/kernel/random/boot_id").write_text("another\n")
    tool.ok("record", "--root", root, "--for", "1ms")
    sql = "SELECT boot_id, count(*) FROM sample_series WHERE source = 'show_handles' GROUP BY ALL"
    counts = {count for _, count in tool.rows(sql)}
    assert len(tool.rows(sql)) == 2
    assert len(counts) == 1


@pytest.mark.sampled
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_that_is_stopped_keeps_its_samples(
    tool: Tool, root: Path, number: signal.Signals
) -> None:
    with tool.start("record", "--root", root, "--every", "100ms") as process:
        assert process.stderr
        assert b"recording show_handles, allocinfo, meminfo" in process.stderr.readline()
        time.sleep(1.5)
        os.kill(process.pid, number)
        process.wait(30)
    [(taken,)] = tool.rows("SELECT count(*) FROM samples")
    assert taken
    assert isinstance(taken, int)
    assert taken % 3 == 0


# Writes after each sample what a recording writes each half minute.
EAGER = """
import sys
import pageowner_sql.recordings
pageowner_sql.recordings.KEPT = 0
from pageowner_sql.cli.entry import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.thorough
def test_a_recording_that_is_killed_keeps_what_was_written(tool: Tool, root: Path) -> None:
    """At ten moments, into one database; nothing half written is there."""
    words = ["--db", str(tool.db), "record", "--root", str(root), "--every", "100ms"]
    tool.ok("record", "--root", root, "--for", "1ms")
    before = 1
    for moment in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", EAGER, *words], cwd=ROOT, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr
            process.stderr.readline()
            time.sleep(0.3 + moment * 0.15)
            process.kill()
        counts = tool.rows("SELECT DISTINCT count(*) FROM samples GROUP BY source")
        [taken] = [taken for (taken,) in counts if isinstance(taken, int)]
        assert taken >= before
        before = taken
        rows = "SELECT count(*) FROM sampled WHERE source = 'show_handles' GROUP BY sample_id"
        assert set(tool.rows(rows)) == {(271,)}
    assert before > 1


@pytest.mark.slow
@pytest.mark.thorough
def test_a_sample_stands_where_a_dump_does(tool: Tool) -> None:
    keep(tool.db, list(samples(61, 60, TRUTHS)))
    rows = tool.ok("top", "@00:10", "--by", "owner", "--format", "csv").out.splitlines()
    assert rows[1].startswith("make_rhythm,")
    assert len(rows) == 5
    done = tool.ok("diff", "@30m", "@0s", "--by", "owner", "--format", "csv")
    status = {line.split(",")[1]: line.split(",")[0] for line in done.out.splitlines()[1:]}
    assert status["make_step"] == "grown"
    done = tool.ok("leaks", "@00:00..", "--by", "owner", "--format", "csv")
    assert done.out.count("\n") >= 2
    assert tool.labels() == []


@pytest.fixture
def recorded(tool: Tool) -> Tool:
    """An hour with a trend, a step, a spike and a rhythm."""
    tool.once("an hour", lambda: keep(tool.db, list(samples(61, 60, TRUTHS))))
    return tool


def csv(tool: Tool, *words: str | Path) -> str:
    return tool.ok(*words, "--format", "csv").out


@pytest.mark.sampled
@pytest.mark.parametrize("time", ["00:10", "@00:10", "2026-11-28T00:10", "50m"])
def test_top_takes_the_time_of_a_sample(recorded: Tool, time: str) -> None:
    assert csv(recorded, "top", "--at", time) == csv(recorded, "top", "@00:10")


@pytest.mark.slow
@pytest.mark.thorough
def test_diff_takes_two_times(recorded: Tool) -> None:
    between = csv(recorded, "diff", "@00:10", "@00:50", "--by", "owner")
    for since, until in (("00:10", "00:50"), ("@00:10", "@00:50"), ("50m", "10m")):
        words = ("--since", since, "--until", until, "--by", "owner")
        assert csv(recorded, "diff", *words) == between
    assert csv(recorded, "diff", "--since", "00:10") == csv(recorded, "diff", "@00:10", "@0s")


def test_flame_draws_a_sample_and_what_changed(recorded: Tool, tmp_path: Path) -> None:
    file = tmp_path / "x.folded"
    recorded.ok("flame", "--at", "00:10", "-o", file)
    held = dict(line.rsplit(" ", 1) for line in file.read_text().splitlines())
    rows = csv(recorded, "top", "--at", "00:10", "--by", "owner").splitlines()[1:]
    assert sorted(map(int, held.values())) == sorted(int(row.split(",")[3]) for row in rows)
    recorded.ok("flame", "--since", "00:10", "--until", "00:50", "-o", tmp_path / "x.svg")
    assert "make_step" in (tmp_path / "x.svg").read_text()


def shapes(tool: Tool, *words: str) -> dict[str, str]:
    """The verdict of each owner of known truth."""
    done = tool.ok("leaks", *words, "--by", "owner", "--format", "json")
    rows = json.loads(done.out)
    return {row["owner"].removeprefix("make_"): row["verdict"] for row in rows}


def test_leaks_tell_what_kind_of_growth_it_is(tool: Tool) -> None:
    """Of half an hour that stands for three days."""
    keep(tool.db, list(samples(360, 5, TRUTHS, day=600)))
    expected = {name: name for name in TRUTHS}
    done = tool.ok("leaks", "--since", "00:00", "--by", "owner", "--period", "10m")
    assert [line.split()[1:3] for line in done.out.splitlines()[2:]] == [
        [name, f"make_{name}"] for name in ("trend", "step", "rhythm", "spike")
    ]
    assert "360 samples, 29 min 55 s" in done.err
    with po.open(tool.db) as db:
        rows = db.leaks("@00:00..", by="stack", period=600).dicts()
    assert {
        row["stack"].split("make_")[1].split("+")[0]: row["verdict"] for row in rows
    } == expected


@pytest.mark.slow
@pytest.mark.thorough
def test_gaps_and_boots_do_not_hide_a_leak(tool: Tool, tmp_path: Path) -> None:
    """A recorder that was away for a third of the time, and the boot before."""
    found = list(samples(360, 5, TRUTHS, day=600))
    keep(tool.db, [*found[:100], *found[220:]])
    expected = {"trend": "trend", "step": "step"}
    assert shapes(tool, "@00:00..", "--period", "10m").items() >= expected.items()
    tool.db = tmp_path / "boots.duckdb"
    facts = {**FACTS, "boot_id": "boot-2"}
    late = [
        replace(each, taken_at=each.taken_at + timedelta(hours=1), facts=facts) for each in found
    ]
    keep(tool.db, [*found[:200], *late])
    done = tool.ok("leaks", "@00:00..", "--period", "10m")
    assert "200 samples of earlier boots are left out" in done.err
    assert shapes(tool, "@00:00..", "--period", "10m") == {name: name for name in TRUTHS}


def test_each_stack_of_a_sample_is_found_again(tool: Tool, root: Path) -> None:
    """Stacks as a kernel prints them are the same in tables and samples."""
    tool.ok(
        "record", "--root", root, "--source", "show_stacks", "--for", "500ms", "--every", "100ms"
    )
    before = (root / f"{STACKS}/show_stacks").read_text()
    grown = re.sub(r"(?<=nr_base_pages: )\d+", lambda found: str(int(found[0]) + 100), before)
    (root / f"{STACKS}/show_stacks").write_text(grown)
    tool.ok(
        "record", "--root", root, "--source", "show_stacks", "--for", "500ms", "--every", "100ms"
    )
    done = tool.ok("leaks", "@1h..", "--by", "stack", "--format", "json")
    rows = json.loads(done.out)
    assert len({row["stack"] for row in rows}) == len(rows) == before.count("nr_base_pages")
    assert {row["growth_bytes"] for row in rows} == {100 * 4096}
    assert {row["verdict"] for row in rows} == {"step"}


def test_a_report_draws_how_owners_move(tool: Tool, tmp_path: Path) -> None:
    keep(tool.db, list(samples(120, 15, TRUTHS, day=600)))
    words = ("report", "--since", "00:00", "--period", "10m")
    tool.ok(*words, "-o", tmp_path / "x.md")
    text = (tmp_path / "x.md").read_text()
    for name in TRUTHS:
        assert f"| {name} | `make_{name}` |" in text
    assert "- ⚠ `make_trend`: " in text
    assert "## Over time" in text
    with po.open(tool.db) as db:
        made = db.report("@00:00..", period=600, redact=True)
        sections = {section.name: section for section in made.sections}
        [drawn] = sections["timeline"].blocks
        assert isinstance(drawn, Timeline)
        assert len(drawn.times) == 96
        owners = drawn.layers[0]
        assert set(owners.names) == {f"make_{name}" for name in TRUTHS}
        [last] = db.sql(
            "SELECT sum(bytes) FROM sampled WHERE sample_id = (SELECT max(sample_id) FROM samples)"
        ).rows()
        assert sum(sizes[-1] for sizes in owners.bytes) == last[0]
        assert "@2026" not in repr(made.dump)
    sql = tool.ok(*words, "--show-sql").out
    assert "shapes_of" in sql


@pytest.mark.slow
@pytest.mark.thorough
def test_a_report_of_samples_is_a_page(recorded: Tool, tmp_path: Path) -> None:
    recorded.ok("report", "--since", "00:00", "--until", "00:50", "-o", tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")
    said = recorded.fails(2, "report", "-o", tmp_path / "y.html")
    assert said == "report: name a dump, or samples with --since TIME"


def test_times_of_samples_are_python_too(recorded: Tool) -> None:
    with po.open(recorded.db) as db:
        assert db.top(at="00:10").dicts() == db.top("@00:10").dicts()
        where = po.where(since="00:10", until="00:50")
        assert db.diff(where=where).dicts() == db.diff("@00:10", "@00:50").dicts()
        assert db.flame(at="00:10").samples == db.flame("@00:10").samples


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("top", "x", "--at", "12:00"), "--at: means one sample; leave out the dumps"),
        (("top", "--since", "12:00"), "top: shows one moment; say --at TIME"),
        (("flame", "-o", "x.svg"), "flame: name a dump, or a sample with --at TIME"),
        (("diff", "--since", "boot+5s"), "samples go by the time of day"),
    ],
)
def test_times_that_mean_nothing_are_refused(
    recorded: Tool, words: tuple[str, ...], said: str
) -> None:
    assert said in recorded.fails(2, *words)


def test_records_have_no_time_of_a_sample(tool: Tool, dump: DumpPath) -> None:
    words = ("top", dump("linux-5.10/t0.txt"), "--since", "@12:00")
    done = tool.run(*words)
    assert done.code == 2
    assert "@12:00: means samples, not when records were allocated" in done.err


def test_a_time_without_a_sample_is_refused(tool: Tool, root: Path) -> None:
    tool.ok("record", "--root", root, "--source", "meminfo", "--for", "1ms")
    assert "no sample of stacks here" in tool.fails(1, "top", "@0s")
    assert "not a time" in tool.fails(1, "top", "@noon")


@pytest.mark.sampled
@pytest.mark.parametrize("day", [86400, 600])
def test_shapes_are_told_apart(tool: Tool, day: float) -> None:
    """Of three days, and of half an hour that stands for them."""
    keep(tool.db, list(samples(360, 3 * day / 359, TRUTHS, day=day, others=20)))
    done = tool.ok(
        *("query", "samples/shapes", "--param", f"period={day:.0f}s", "--format", "json"),
        *("--param", "least=8M"),
    )
    found = {}
    for row in json.loads(done.out):
        [name] = [name for name in TRUTHS if f"make_{name}+" in row["name"]]
        found[name] = row["shape"]
    assert found == {name: name for name in TRUTHS}


@pytest.mark.slow
@pytest.mark.thorough
def test_a_day_of_samples_is_small(tool: Tool) -> None:
    """Every ten seconds, of 500 stacks, written each half minute: a twentieth of that day."""
    sizes = []
    found = list(samples(432, 10, TRUTHS, others=496))
    writer = SampleWriter()
    for place in range(0, len(found), 3):
        with Database.open(tool.db, Mode.WRITE) as database:
            writer.write(database, found[place : place + 3])
        sizes.append(tool.db.stat().st_size)
    first, last = sizes[len(sizes) // 2], sizes[-1]
    assert last + 19 * 2 * (last - first) < 50 << 20


@pytest.mark.parametrize("table", ["meta", "samples", "sample_series", "sample_counts"])
def test_a_hostile_database_is_not_written_to(tool: Tool, root: Path, table: str) -> None:
    """A view in place of a table could give anything, and read any file."""
    tool.ok("record", "--root", root, "--source", "meminfo", "--for", "1ms")
    with duckdb.connect(str(tool.db)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO other")
        connection.execute(f"CREATE VIEW {table} AS FROM other")
    done = tool.run("record", "--root", root, "--source", "meminfo", "--for", "1ms")
    assert done.code == 1
    assert f"its table {table} is a view" in done.err
