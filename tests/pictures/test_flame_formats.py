"""Flame graphs as other programs' files: totals, names, and what those programs make of them."""

import gzip
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.output.flame.folded import folded_lines
from pageowner_sql.output.flame.pprof import pprof_gz
from pageowner_sql.output.flame.speedscope import speedscope_json
from pageowner_sql.output.flame.tree import build_tree
from pageowner_sql.output.model import FlameGraph, FlameSample, WeightName, Weights
from tests.pictures import sample
from tests.pictures.programs import FLAMEGRAPH_PL, needs, run_node

NAMES = st.text(st.sampled_from("ab;\n 1\\<\x1b\u202e漢"), max_size=5)
COUNTS = st.integers(0, 50)
WEIGHTS = st.builds(Weights, COUNTS, COUNTS, COUNTS)
SAMPLES = st.builds(
    FlameSample,
    frames=st.lists(NAMES, max_size=4).map(tuple),
    weights=WEIGHTS,
    old=WEIGHTS,
    roots=st.tuples(NAMES),
    owner=NAMES,
    subsystem=NAMES,
)
GRAPHS = st.lists(SAMPLES, max_size=12).map(
    lambda samples: FlameGraph("t", "new", tuple(samples), "old", ("comm",))
)


@pytest.mark.thorough
@given(GRAPHS, st.floats(0, 1), st.integers(1, 20))
def test_melting_keeps_every_total(graph: FlameGraph, threshold: float, nodes: int) -> None:
    root, _ = build_tree(graph, threshold, nodes)
    now, old = sample.total(graph)
    whole = (now.records, now.pages, now.bytes, old.records, old.pages, old.bytes)
    assert root.sums == whole
    assert tuple(map(sum, zip(*(node.own for node in root.walk()), strict=True))) == whole
    assert sum(node.stacks for node in root.walk()) == len(graph.samples)
    assert sum(node.kind != "other" for node in root.walk()) <= max(nodes, 1)


def test_small_stacks_melt_and_are_counted() -> None:
    graph = sample.graph()
    whole, _ = build_tree(graph, 0.0, 10_000)
    root, used = build_tree(graph, 0.01, 10_000)
    others = [node for node in root.walk() if node.kind == "other"]
    assert used == 0.01
    assert sum(1 for _ in root.walk()) < sum(1 for _ in whole.walk())
    assert sum(node.stacks for node in others) > len(sample.HOSTILE)


def test_the_threshold_rises_until_the_nodes_fit() -> None:
    root, used = build_tree(sample.graph(), 0.0, 200)
    assert used > 0
    assert 100 < sum(node.kind != "other" for node in root.walk()) <= 200


@given(GRAPHS)
def test_a_folded_line_is_one_line_and_sums_stay(graph: FlameGraph) -> None:
    lines = list(folded_lines(graph))
    counts = [re.fullmatch(r"(.*[^ \d.].*?) (\d+) (\d+)", line) for line in lines]
    now, old = sample.total(graph)
    assert all(counts)
    assert sum(int(match[2]) for match in counts if match) == old.bytes
    assert sum(int(match[3]) for match in counts if match) == now.bytes
    assert all(match[1].split(";")[0].startswith("comm=") for match in counts if match)


@pytest.mark.parametrize("weight", ["bytes", "pages", "records"])
def test_folded_weights_are_what_was_asked_for(weight: WeightName) -> None:
    graph = sample.graph()
    sums = [int(line.rpartition(" ")[2]) for line in folded_lines(graph, weight)]
    assert sum(sums) == sample.total(graph)[0].by(weight)


def test_a_name_that_looks_like_a_count_is_none() -> None:
    lone = FlameSample((), Weights(1, 1, 4096), roots=("a;b 12",))
    graph = FlameGraph("t", "new", (lone,), None, ("comm",))
    assert list(folded_lines(graph)) == [r"comm=a\x3bb\x2012 4096"]


def test_speedscope_holds_a_profile_a_weight_and_side() -> None:
    graph = sample.graph(compared=True)
    document = json.loads(speedscope_json(graph))
    now, old = sample.total(graph)
    sums = {p["name"]: (p["unit"], sum(p["weights"]), p["endValue"]) for p in document["profiles"]}
    assert sums == {
        "t2: bytes": ("bytes", now.bytes, now.bytes),
        "t2: pages": ("none", now.pages, now.pages),
        "t2: records": ("none", now.records, now.records),
        "t0: bytes": ("bytes", old.bytes, old.bytes),
        "t0: pages": ("none", old.pages, old.pages),
        "t0: records": ("none", old.records, old.records),
    }


def test_speedscope_stacks_begin_at_the_pseudo_root() -> None:
    document = json.loads(speedscope_json(sample.graph()))
    frames = [frame["name"] for frame in document["shared"]["frames"]]
    firsts = {frames[stack[0]] for stack in document["profiles"][0]["samples"]}
    assert "comm=sockleak" in firsts
    assert r"comm=\x1b[31mred\x1b[0m" in firsts


def test_the_same_graph_makes_the_same_pprof_bytes() -> None:
    assert pprof_gz(sample.graph()) == pprof_gz(sample.graph())
    assert gzip.decompress(pprof_gz(sample.graph()))


@pytest.mark.slow
def test_pprof_leaves_out_what_is_below_the_owner() -> None:
    held = Weights(1, 1, 4096)
    stacks = [
        (("post_alloc_hook", "alloc_pages", "ext4_bread [ext4]", "vfs_read"), "ext4_bread"),
        (("post_alloc_hook", "alloc.pages", "handle_mm_fault", "alloc_pages"), "handle_mm_fault"),
        (("init", "start_kernel"), "init"),
    ]
    samples = tuple(FlameSample(frames, held, owner=owner) for frames, owner in stacks)
    text = gzip.decompress(pprof_gz(FlameGraph("title", "t0", samples)))
    # alloc_pages is above an owner in the second stack.
    assert rb"alloc\.pages|post_alloc_hook" in text
    assert b"ext4_bread|handle_mm_fault|init" in text


def test_a_pprof_reader_finds_values_stacks_and_labels(npm_packages: Path, tmp_path: Path) -> None:
    graph = sample.graph(compared=True)
    file = tmp_path / "graph.pb.gz"
    file.write_bytes(pprof_gz(graph))
    read = json.loads(run_node(npm_packages, "read_pprof.mjs", str(file)))
    now, old = sample.total(graph)
    assert read["types"] == ["records/count", "pages/count", "space/bytes"]
    assert read["sums"]["new"] == [now.records, now.pages, now.bytes]
    assert read["sums"]["base"] == [-old.records, -old.pages, -old.bytes]
    stacks = Counter(tuple(stack) for stack in read["stacks"])
    first = graph.samples[0]
    assert (*first.frames, f"comm={first.roots[0]}") in stacks
    orders = {str(dict(each.labels)["order"]) for each in graph.samples}
    assert set(read["labels"]["order"]) == orders
    assert set(read["labels"]["migratetype"]) == {"Movable", "Unmovable", "Reclaimable"}


def test_flamegraph_pl_draws_the_same_total(tmp_path: Path) -> None:
    needs(FLAMEGRAPH_PL.exists(), "flamegraph.pl (Debian: libdevel-nytprof-perl)")
    graph = sample.graph()
    folded = tmp_path / "graph.folded"
    folded.write_text("\n".join(folded_lines(graph)) + "\n", "utf-8")
    drawn = _flamegraph_pl("--countname=bytes", str(folded))
    assert f"<title>all ({sample.total(graph)[0].bytes:,} bytes, 100%)</title>" in drawn
    assert "comm=sockleak (" in drawn


def test_flamegraph_pl_colours_the_difference(tmp_path: Path) -> None:
    needs(FLAMEGRAPH_PL.exists(), "flamegraph.pl (Debian: libdevel-nytprof-perl)")
    graph = sample.graph(compared=True)
    folded = tmp_path / "graph.folded"
    folded.write_text("\n".join(folded_lines(graph)) + "\n", "utf-8")
    drawn = _flamegraph_pl(str(folded))
    assert f"<title>all ({sample.total(graph)[0].bytes:,} samples, 100%)</title>" in drawn
    assert re.search(
        r"<title>post_alloc_hook \([\d,]+ samples, [\d.]+%; \+[\d.]+%\)</title>", drawn
    )


def _flamegraph_pl(*arguments: str) -> str:
    done = subprocess.run(
        ["perl", str(FLAMEGRAPH_PL), *arguments], capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()


def test_a_byte_and_a_character_stay_apart_when_folded() -> None:
    weights = Weights(1, 1, 4096)
    samples = tuple(
        FlameSample((name,), weights) for name in ("a\\x9b", "a\x9b", "a\\x1b", "a\x1b")
    )
    lines = list(folded_lines(FlameGraph("t", "t", samples)))
    assert len(lines) == 4
    assert all(line.isascii() for line in lines)
