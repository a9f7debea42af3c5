"""`flame`: every sum is that of the records, whatever the graph is of and is written as."""

import gzip
import json
from pathlib import Path

import pytest

from pageowner_sql.output.model import NOTHING, FlameGraph, Weights
from pageowner_sql.questions.flame import ROOTS, flame_graph
from pageowner_sql.questions.top import totals
from pageowner_sql.sql import filters
from pageowner_sql.sql.grouping import Key
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.support.runs import dumps_of
from tests.support.tool import Tool

ALL = "SELECT count(*), sum(pages)::BIGINT, sum(bytes)::BIGINT FROM allocations WHERE dump = $dump"


def held(database: Database, label: str) -> Weights:
    return Weights(*database.rows(ALL, {"dump": label})[0])


def sums(graph: FlameGraph) -> tuple[Weights, Weights]:
    new = sum((sample.weights for sample in graph.samples), NOTHING)
    return new, sum((sample.old for sample in graph.samples), NOTHING)


@pytest.mark.parametrize("label", ["7.3/t2", "6.1/t2", "5.10/t0"])
def test_the_samples_add_up_to_the_dump(real_runs: Path, label: str) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        graph = flame_graph(database, dumps_of(database, [label])[0])
        assert sums(graph) == (held(database, label), NOTHING)
    assert all(sample.owner in sample.frames for sample in graph.samples if sample.frames)


def test_the_samples_of_a_difference_add_up_to_both_dumps(real_runs: Path) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        new, old = dumps_of(database, ["7.3/t2", "7.3/t0"])
        graph = flame_graph(database, new, old, roots=[Key.COMM])
        assert sums(graph) == (held(database, "7.3/t2"), held(database, "7.3/t0"))
    assert graph.old_label == "7.3/t0"
    assert any(not sample.old.records for sample in graph.samples)


def test_what_is_gone_stays_in_a_difference(real_runs: Path) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        new, old = dumps_of(database, ["7.3/t0", "7.3/t2"])
        graph = flame_graph(database, new, old)
        assert sums(graph) == (held(database, "7.3/t0"), held(database, "7.3/t2"))
    assert any(not sample.weights.records for sample in graph.samples)


@pytest.mark.sampled
@pytest.mark.parametrize("root", ROOTS)
def test_any_root_keeps_the_sums(real_runs: Path, root: Key) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        graph = flame_graph(database, dumps_of(database, ["7.3/t1"])[0], roots=[root])
        assert sums(graph)[0] == held(database, "7.3/t1")


def test_a_selection_holds(real_runs: Path) -> None:
    where = filters.where(name="<script>al")
    with Database.open(real_runs, Mode.READ) as database:
        [dump] = dumps_of(database, ["7.3/t2"])
        graph = flame_graph(database, dump, where=where)
        selected = totals(database, [dump], where)
    assert 0 < sums(graph)[0].records == selected.records
    assert selected.records < (dump.records or 0)
    assert sums(graph)[0].bytes == selected.bytes


@pytest.mark.thorough
def test_its_files_weigh_what_the_dump_does(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"))
    [(size,)] = tool.rows("SELECT sum(bytes)::BIGINT FROM allocations")
    folded, profile = tool.folder / "f.folded", tool.folder / "f.speedscope.json"
    for name in (folded, profile, tool.folder / "f.html", tool.folder / "f.pb.gz"):
        tool.ok("flame", "t0", "-o", name, "--root", "comm", "--root", "memcg")
    counts = [int(line.rsplit(" ", 1)[1]) for line in folded.read_text("utf-8").splitlines()]
    assert sum(counts) == size
    read = json.loads(profile.read_text("utf-8"))
    assert size in [sum(each["weights"]) for each in read["profiles"]]
    assert b"unix" in gzip.decompress((tool.folder / "f.pb.gz").read_bytes())


def test_what_cannot_be_drawn_is_refused(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-5.10/boot.txt"))
    assert "-o FILE" in tool.fails(2, "flame", "boot")
    assert ".folded" in tool.fails(2, "flame", "boot", "-o", tool.folder / "f.txt")
    assert "no process names" in tool.fails(
        1, "flame", "boot", "-o", tool.folder / "f.html", "--root", "comm"
    )
    assert "--root stack" in tool.fails(
        2, "flame", "boot", "-o", tool.folder / "f.html", "--root", "stack"
    )


def test_the_sql_that_it_shows_gives_the_sums(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-6.1/t0.txt"))
    sql = tool.ok("flame", "t0", "--show-sql", "--name", "two\\x0alines").out
    [expected] = tool.rows("SELECT count(*) FROM allocations WHERE comm = $name", name="two\nlines")
    assert tool.rows(f"SELECT sum(records) FROM ({sql.rstrip().rstrip(';')})") == [expected]
