"""The benchmark's workloads, its own counter and its judgement are right."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.answers import COMPAT, WrongAnswer, same_as_c
from benchmarks.arena import Arena
from benchmarks.evidence import Evidence
from benchmarks.goals import GOALS
from benchmarks.measure import Figures, NotAvailable, Outcome, Run, RunFailed, alternate, run
from benchmarks.opponent import Opponent, OpponentMissing, build
from benchmarks.record_rule import layout, split
from benchmarks.report import BEGIN, END, table, write_table
from benchmarks.scale import copies, template
from benchmarks.slow_count import Row, count, parse, render
from tests.conftest import DumpPath
from tests.support import KERNELS
from tests.support.golden import Golden, goldens

HEADER = b"Page allocated via order %d, mask 0x0(), pid 7, tgid 7 (%s), ts 9 ns\n"
PFN_LINE = b"PFN 0x%x type Movable Block 0 type Movable Flags 0x0(node=0|zone=0)\n"
BOOT_STACKS = [
    golden
    for golden in goldens()
    if golden.dump.endswith("/boot.txt") and golden.args == ("--cull=stacktrace",)
]
FORGERIES = [
    b"",
    b"plain",
    b"a), ts 1 ns",
    b"\nPage allo",
    b"), ts 1 ns\nPFN ",
    b"x\n\nPage alloc",
    b"\xff\xfe",
    b"%d%%s",
]


def record(comm: bytes, pfn: int, stack: bytes = b" f+0x1/0x2\n", order: int = 0) -> bytes:
    return HEADER % (order, comm) + PFN_LINE % pfn + stack + b"\n"


def thinned(path: Path, every: int) -> bytes:
    return b"".join(islice(split(path.read_bytes()), 0, None, every))


def numbers(dump: bytes, field: str) -> Iterator[int]:
    for each in split(dump):
        found = layout(each)
        assert found is not None
        if field in found.fields:
            yield int(each[slice(*found.fields[field])], 0)


@pytest.mark.parametrize("kernel", KERNELS)
def test_copies_have_the_source_s_records_each_on_a_page_of_its_own(
    dump: DumpPath, kernel: str
) -> None:
    source = thinned(dump(f"{kernel}/t0.txt"), 200)
    scaled = b"".join(copies(source, 3))
    pfns = list(numbers(scaled, "pfn"))
    assert len(pfns) == 3 * len(list(split(source)))
    assert pfns == sorted(set(pfns))
    assert list(numbers(scaled, "block")) == [pfn // 512 for pfn in pfns]


def test_copies_differ_in_their_processes_and_times(dump: DumpPath) -> None:
    source = thinned(dump("linux-7.3/t2.txt"), 200)
    first, second = copies(source, 2)
    for field in ("pid", "tgid", "ts"):
        one, other = set(numbers(first, field)), set(numbers(second, field))
        assert one & other <= {0}
        assert len(one) == len(other)


def test_copies_keep_all_but_the_numbers(dump: DumpPath) -> None:
    source = thinned(dump("linux-7.3/t2.txt"), 200)
    texts = {template(copy).text for copy in copies(source, 3)}
    assert texts == {template(source).text}
    assert count(b"".join(copies(source, 3))) == [
        Row(3 * row.times, 3 * row.pages, row.stack) for row in count(source)
    ]


def test_copies_are_the_same_every_time(dump: DumpPath) -> None:
    source = thinned(dump("linux-7.3/t2.txt"), 400)
    assert list(copies(source, 2)) == list(copies(source, 2))


def test_a_block_in_two_dumps_of_one_boot_stays_one_block(dump: DumpPath) -> None:
    records = list(split(thinned(dump("linux-7.3/t2.txt"), 200)))
    older, newer = b"".join(records[:200] + records[-1:]), b"".join(records[100:])
    for one, other in zip(copies(older, 2), copies(newer, 2), strict=True):
        assert len(set(split(one)) & set(split(other))) == 101


def test_plain_copies_leave_hostile_names_out() -> None:
    source = b"".join(record(comm, pfn) for pfn, comm in enumerate(FORGERIES))
    (kept,) = copies(source, 1, plain=True)
    assert list(numbers(kept, "pfn")) == [FORGERIES.index(b"plain")]


@pytest.mark.parametrize("comm", FORGERIES)
def test_a_name_neither_hides_nor_forges_a_record(comm: bytes) -> None:
    source = record(b"one", 1) + record(comm, 2) + record(b"three", 3)
    found = [layout(each) for each in split(source)]
    assert [
        each[slice(*lay.comm)] for each, lay in zip(split(source), found, strict=True) if lay
    ] == [b"one", comm, b"three"]
    assert list(numbers(source, "pfn")) == [1, 2, 3]


@pytest.mark.sampled
@pytest.mark.parametrize("golden", BOOT_STACKS, ids=str)
def test_slow_counter_with_trailers_prints_what_the_c_tool_printed(
    dump: DumpPath, golden: Golden
) -> None:
    assert golden.matches(render(count(dump(golden.dump).read_bytes(), trailers=True)))


def test_slow_counter_takes_trailers_for_no_part_of_a_stack() -> None:
    source = (
        record(b"a", 1)
        + record(b"b", 2, b" f+0x1/0x2\nCharged (via objcg) to offline memcg x\n", order=3)
        + record(b"c", 3, b" f+0x1/0x2\nhandle: 7\nSlab cache page\n")
        + record(b"d", 4, b"Page has been migrated, last migrate reason: compaction\n")
    )
    right = [Row(3, 10, b" f+0x1/0x2"), Row(1, 1, b"")]
    assert count(source) == right
    assert count(source.removesuffix(b"\n")) == right
    assert parse(render(right)) == right
    assert len(count(source, trailers=True)) == 4


def test_opponent_is_the_built_one_or_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OpponentMissing, match="apt-get is not installed"):
        build(tmp_path)
    (tmp_path / "page_owner_sort-6.12.new").touch()
    (tmp_path / "page_owner_sort-6.1").touch()
    assert build(tmp_path) == Opponent(tmp_path / "page_owner_sort-6.1", "6.1", "6.1")


def test_run_tells_a_missing_command_from_a_failing_one(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable):
        run([str(tmp_path / "nothing")])
    with pytest.raises(RunFailed, match=r"exit 1: .*No module named"):
        run([sys.executable, "-m", "pageowner_sql_without_a_name"])
    with pytest.raises(RunFailed, match="exit 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"])


@pytest.mark.thorough
def test_run_measures_children_too(tmp_path: Path) -> None:
    child = "x = bytearray(200_000_000); import time; time.sleep(0.5)"
    two = (
        f"import subprocess, sys; c = [sys.executable, '-c', {child!r}]; "
        "both = [subprocess.Popen(c), subprocess.Popen(c)]; [p.wait() for p in both]; print(1)"
    )
    out = tmp_path / "out"
    took = run([sys.executable, "-c", two], stdout=out)
    assert out.read_bytes() == b"1\n"
    assert took.rss > 380_000_000
    assert took.cpu > 0


def test_alternate_takes_turns_and_drops_who_cannot() -> None:
    order: list[str] = []
    present: list[frozenset[str]] = []

    def a() -> Run:
        order.append("a")
        return Run(float(len(order)), 0, 0)

    def b() -> Run:
        order.append("b")
        raise NotAvailable("no b")

    def c() -> Run:
        order.append("c")
        return Run(1, 0, 0)

    outcome = alternate({"a": a, "b": b, "c": c}, 3, present.append)
    assert order == ["a", "b", "c", "a", "c", "a", "c"]
    assert present == [frozenset("ac")]
    assert outcome.missing == {"b": "no b"}
    assert outcome.figures["a"].wall == 4


def test_other_bytes_than_the_c_tool_s_are_a_wrong_answer(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    arena = Arena((), "no opponent here", tmp_path, tmp_path)
    ours.write_bytes(b"1 times")
    theirs.write_bytes(b"1 times")
    same_as_c(arena, "half", {COMPAT: ours, "page_owner_sort": theirs})
    theirs.write_bytes(b"2 times")
    with pytest.raises(WrongAnswer):
        same_as_c(arena, "half", {COMPAT: ours, "page_owner_sort": theirs})


def test_goals_judge_ratios_upward_and_the_rest_downward() -> None:
    by_name = {goal.name: goal for goal in GOALS}
    assert [by_name["sort"].verdict(x) for x in (14.9, 15, 25)] == ["missed", "target", "moonshot"]
    assert [by_name["version"].verdict(x) for x in (0.16, 0.15, 0.08)] == [
        "missed",
        "target",
        "moonshot",
    ]


def test_table_says_what_was_not_available_and_stays_between_its_markers(tmp_path: Path) -> None:
    took = Figures((Run(2.0, 1.0, 1),))
    found = Evidence({"version": Outcome({"ours": took}, {})}, {}, {})
    text = table(GOALS, found)
    assert text.count("not available") == len(GOALS) - 1
    assert "| 2 s | 0.15 s | 0.08 s | missed |" in text
    page = tmp_path / "page.md"
    page.write_text("no markers")
    assert not write_table(page, text, complete=True)
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert write_table(page, text, complete=True)
    assert page.read_text() == f"before\n{BEGIN}\n{text}{END}\nafter\n"


def test_a_run_of_some_rows_replaces_those_alone(tmp_path: Path) -> None:
    def measured(seconds: float) -> Evidence:
        took = Outcome({"ours": Figures((Run(seconds, 1.0, 1),))}, {})
        return Evidence({"version": took, "sort-small": took}, {}, {})

    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}")
    assert write_table(page, table(GOALS, measured(2.0)), complete=True)
    before = page.read_text()
    [goal] = [goal for goal in GOALS if goal.name == "version"]
    assert write_table(page, table([goal], measured(0.1)), complete=False)
    assert page.read_text() == before.replace(
        "`pageowner-sql --version` | 2 s | 0.15 s | 0.08 s | missed",
        "`pageowner-sql --version` | 0.1 s | 0.15 s | 0.08 s | target",
    )
    assert page.read_text() != before
