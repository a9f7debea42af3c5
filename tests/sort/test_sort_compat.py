"""`sort --compat` prints what the kernels' own tools print, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pageowner_sql.dump.exact_parser import MOST_GAP
from pageowner_sql.sort import report as sort_report
from pageowner_sql.sort.getopt import selection_of
from pageowner_sql.sort.options import Compat, Selection
from tests.conftest import DumpPath
from tests.oracle.options import Version
from tests.oracle.page_owner_sort import run
from tests.support import covering
from tests.support.c_dumps import SURE, arguments, dumps
from tests.support.golden import Golden, goldens
from tests.support.sorter import COMPAT, Sorter, opened_sorter
from tests.support.tool import Tool

TOOLS: dict[str, Version] = {"5.10": "5.10", "6.1": "6.1", "6.12": "7.3", "7.3": "7.3"}
DUMPS = sorted({golden.dump for golden in goldens()})
LARGE = [name for name in DUMPS if "t0" in name]

# The tool reads no text that no newline ends; so much more of the file lets it keep all records.
PADDING = b"z" * 100_000


@pytest.fixture(scope="module")
def sorter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sorter]:
    with opened_sorter(tmp_path_factory.mktemp("sorter")) as opened:
        yield opened


Real = Callable[[str], int]


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sorter]:
    """Return a Sorter for the real dumps, few enough that it keeps all of them."""
    with opened_sorter(tmp_path_factory.mktemp("keeper")) as opened:
        yield opened


@pytest.fixture(scope="module")
def real(keeper: Sorter, dump: DumpPath) -> Real:
    """Return a function from a real dump's name to its number in `keeper`."""
    return cache(lambda name: keeper.load(dump(name).read_bytes()))


def selected(golden: Golden) -> Selection:
    return selection_of(golden.args, COMPAT[TOOLS[golden.tool]])


def runs_of(name: str) -> dict[Selection, list[Golden]]:
    """Return the runs on a dump, those together that we have to answer in one way."""
    runs: dict[Selection, list[Golden]] = {}
    for golden in goldens():
        if golden.dump == name:
            runs.setdefault(selected(golden), []).append(golden)
    return runs


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("name", covering(DUMPS, lambda name: name in LARGE))
def test_every_recorded_run(keeper: Sorter, real: Real, name: str) -> None:
    runs = runs_of(name)
    wrong = []
    for selection, alike in runs.items():
        report = keeper.report(real(name), selection)
        wrong += [str(golden) for golden in alike if not golden.matches(report)]
    assert runs
    assert wrong == []


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("name", covering(LARGE, lambda name: "7.3" in name))
def test_recorded_runs_in_slices(
    keeper: Sorter, real: Real, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sort_report, "MANY", 0)
    runs = {selection: alike for selection, alike in runs_of(name).items() if not selection.cull}
    assert runs
    for selection, alike in list(runs.items())[::3]:
        report = keeper.report(real(name), selection)
        assert all(golden.matches(report) for golden in alike), alike[0]


def some_runs() -> list[Golden]:
    """Return a few runs of each tool on a dump that is quick to load."""
    quick = [
        golden for golden in goldens() if golden.dump.endswith(("6.1/boot.txt", "5.10/boot.txt"))
    ]
    return quick[:: max(1, len(quick) // 8)]


@pytest.mark.thorough
@pytest.mark.slow
def test_a_file_and_a_loaded_dump_give_the_same(tool: Tool, dump: DumpPath) -> None:
    out = tool.folder / "out"
    labels = {}
    for golden in some_runs():
        path = dump(golden.dump)
        compat = f"--compat={TOOLS[golden.tool]}"
        if golden.dump not in labels:
            labels[golden.dump] = golden.dump.replace("/", "-")
            tool.ok("load", path, "--label", labels[golden.dump])
        tool.ok("sort", compat, *golden.args, path, out)
        assert golden.matches(out.read_bytes()), str(golden)
        tool.ok("sort", compat, *golden.args, "--dump", labels[golden.dump], out)
        assert golden.matches(out.read_bytes()), str(golden)


CALLS = st.tuples(
    *[
        st.sampled_from(versions).flatmap(lambda name: st.tuples(st.just(name), arguments(name)))
        for versions in (["5.10", "6.1", "7.3"], ["6.1"], ["7.3"])
    ]
)
ALL: tuple[tuple[Version, list[str]], ...] = (
    ("5.10", []),
    ("6.1", []),
    ("6.1", ["-a"]),
    ("7.3", []),
    ("7.3", ["-a"]),
)
HEADER = b"Page allocated via order 0, mask 0x0(), pid 1, ts 0 ns, free_ts 0 ns\n"
PFN = b"PFN 17 type Movable Block 1 type Movable Flags 0x1(lru)\n"


def agree(sorter: Sorter, text: bytes, calls: tuple[tuple[Version, list[str]], ...]) -> None:
    dump_id = sorter.load(text)
    for version, args in calls:
        mine = sorter.report(dump_id, selection_of(args, COMPAT[version]))
        assert mine == run(text + PADDING, args, version), (version, args)


@pytest.mark.thorough
@pytest.mark.slow
@settings(max_examples=30)
@given(text=dumps(), calls=CALLS)
@example(text=b"\0\n\n\n" + SURE, calls=ALL)
@example(text=HEADER + b" f+0x1/0x2\n\n" + HEADER + PFN + b" f+0x1/0x2\n\n" + SURE, calls=ALL)
@example(text=HEADER.replace(b"0 ns", b"007 ns") + PFN + b"\n" + SURE, calls=ALL)
@example(text=SURE + HEADER + PFN + b"\n", calls=ALL)
def test_whatever_the_dump_and_the_arguments(
    sorter: Sorter, text: bytes, calls: tuple[tuple[Version, list[str]], ...]
) -> None:
    agree(sorter, text, calls)


def of_file(path: Path, version: Version, args: list[str]) -> bytes:
    """Return the report on the file itself, which counts what is alike where it can."""
    out = path.with_name("out.txt")
    sort_report.report_on_file(str(path), selection_of(args, COMPAT[version]), str(out))
    return out.read_bytes()


COUNTED: tuple[tuple[Version, list[str]], ...] = (
    ("6.1", ["--cull=st"]),
    ("6.1", ["--cull=n,tg", "--sort=-p,at", "--pid=2,7"]),
    ("7.3", ["--cull=st,ator", "--sort=ator,-txt"]),
    ("7.3", ["--cull=st", "-a"]),
    ("6.1", ["--cull=p", "--name=cat"]),
)
CMA = PFN.replace(b"Flags", b"CMA Flags")
SLAB = SURE.replace(b"(lru", b"(slab")


@pytest.mark.thorough
@pytest.mark.slow
@settings(max_examples=30)
@given(text=dumps(), calls=CALLS)
@example(text=SURE + b"\0\n\n\n" + SURE, calls=COUNTED)
@example(text=SLAB + b"no PFN line\n\n" + SURE + b"\n\n" + HEADER + b"\n", calls=COUNTED)
@example(text=SLAB + b"x" * 140_000 + b"\n\n" + SURE, calls=COUNTED)
@example(text=SLAB * 5 + HEADER + CMA + b" ts 5 ns\n\n" + b"\n" * 9 + SURE * 5, calls=COUNTED)
def test_whatever_the_file_and_the_arguments(
    tmp_path_factory: pytest.TempPathFactory,
    text: bytes,
    calls: tuple[tuple[Version, list[str]], ...],
) -> None:
    path = tmp_path_factory.mktemp("file", numbered=True) / "in.txt"
    path.write_bytes(text + PADDING)
    for version, args in calls:
        mine = of_file(path, version, args)
        assert mine == run(text + PADDING, args, version), (version, args)


@pytest.mark.thorough
@pytest.mark.slow
@settings(max_examples=12)
@given(text=dumps(), calls=CALLS)
def test_whatever_the_dump_in_slices(
    sorter: Sorter, text: bytes, calls: tuple[tuple[Version, list[str]], ...]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sort_report, "MANY", 0)
        agree(sorter, text, calls)


@pytest.mark.parametrize("length", [131_069, 131_070, 131_071, 140_000])
@pytest.mark.parametrize("version", list(COMPAT))
def test_a_record_about_as_large_as_the_buffer(
    sorter: Sorter, version: Version, length: int
) -> None:
    head = b"Page allocated via order 0, mask 0x0()\n" + PFN
    text = SURE + head + b"x" * (length - len(head) + len(PFN) - 1) + b"\n\n" + SURE
    mine = sorter.sort(text, compat=COMPAT[version])
    assert mine == run(text + PADDING, [], version)
    assert (b"2 times" in mine) == (length < 131_071)


def test_many_empty_lines_are_as_many_empty_records(sorter: Sorter) -> None:
    text = SURE + b"\n" * 100_000 + SURE
    for version in COMPAT:
        assert sorter.sort(text, compat=COMPAT[version]).startswith(b"100000 times")
    stored = "SELECT count(*) FROM c_records WHERE dump_id = (SELECT max(dump_id) FROM dumps)"
    assert sorter.database.value(stored) == -(-100_000 // MOST_GAP)


def test_equal_texts_of_two_allocators_in_the_6_1_tool(sorter: Sorter) -> None:
    cma = SURE.replace(b"type Movable", b"type CMA")
    slab = SURE.replace(b"(lru", b"(slab")
    other = SURE.replace(b"order 1", b"order 2")
    for order in ([SURE, cma, other, slab], [cma, SURE, slab], [slab, cma, other, cma]):
        text = b"".join(order)
        for args in (["--cull=ator"], ["--cull=ator,st", "-p"], [], ["--sort=ator"]):
            mine = sorter.sort(text, *args, compat=Compat.V6_1)
            assert mine == run(text + PADDING, args, "6.1")


def test_a_dump_without_free_ts_under_6_1_loses_what_f_loses_there(sorter: Sorter) -> None:
    for args in (["-f"], ["--cull=f"], ["-r"], ["-f", "--cull=n"]):
        assert sorter.sort(SURE, *args, compat=Compat.V6_1) == run(SURE + PADDING, args, "6.1")
