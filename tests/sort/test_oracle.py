"""The model of the C tool says what the C tool said, of every dump and with every argument."""

import pytest

from tests.conftest import DumpPath
from tests.oracle.options import Version
from tests.oracle.page_owner_sort import ToolFailed, run
from tests.support import covering
from tests.support.golden import Golden, goldens

VERSIONS: dict[str, Version] = {"5.10": "5.10", "6.1": "6.1", "6.12": "7.3", "7.3": "7.3"}

PAIRS = sorted({(golden.dump, VERSIONS[golden.tool]) for golden in goldens()})

PADDING = b"z" * 1000
LARGE = 10_000_000


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize(("name", "version"), covering(PAIRS, lambda pair: "boot" in pair[0]))
def test_the_model_prints_what_the_tool_printed(
    dump: DumpPath, name: str, version: Version
) -> None:
    data = dump(name).read_bytes()
    runs: dict[tuple[str, ...], list[Golden]] = {}
    for golden in goldens():
        if (golden.dump, VERSIONS[golden.tool]) == (name, version):
            runs.setdefault(golden.args, []).append(golden)
    wrong = []
    # Every run of the small dumps, every fourth of those that take a while.
    for args, alike in list(runs.items())[:: 1 if len(data) < LARGE else 4]:
        printed = run(data, args, version)
        wrong += [str(golden) for golden in alike if not golden.matches(printed)]
    assert runs
    assert wrong == []


def test_every_empty_line_ends_a_record() -> None:
    printed = run(b"x\n\n\n" + PADDING, [], "6.1")
    assert printed.count(b"1 times, 0 pages, allocated by OTHERS :\n") == 2


def test_a_record_without_pfn_line_inherits_the_one_before() -> None:
    data = b"a\nPFN 1 CMA slab\n\nb\n\n" + PADDING
    assert run(data, ["--cull=ator"], "7.3") == b"2 times, 0 pages, allocated by CMA SLAB \n"


def test_a_nul_takes_the_rest_of_its_line() -> None:
    assert run(b"one\0two\nthree\n\n" + PADDING, [], "5.10") == b"1 times:\nonethree\n\n"


@pytest.mark.parametrize(("length", "kept"), [(131070, True), (131071, False)])
def test_reading_stops_at_a_record_of_128_kib(length: int, kept: bool) -> None:
    data = b"A" * (length - 1) + b"\n\n" + b"b\n\n"
    assert (run(data, [], "5.10") != b"") == kept


@pytest.mark.parametrize(("version", "code"), [("5.10", 1), ("6.1", 1), ("7.3", 0)])
def test_a_file_of_short_records_is_too_much(version: Version, code: int) -> None:
    with pytest.raises(ToolFailed, match="max_size") as failed:
        run(b"a\n\n", [], version)
    assert failed.value.exit_code == code


def test_equal_times_turn_round_before_6_6_and_keep_their_order_after() -> None:
    records = b"".join(b"ts 1 ns, x\n %d\n\n" % number for number in (1, 2, 3)) + PADDING
    rows = [line for line in run(records, ["-a"], "6.1").splitlines() if line[:1] == b" "]
    assert rows == [b" 3", b" 2", b" 1"]
    rows = [line for line in run(records, ["-a"], "7.3").splitlines() if line[:1] == b" "]
    assert rows == [b" 1", b" 2", b" 3"]


def test_a_modern_tool_cuts_the_first_time_wherever_it_stands() -> None:
    data = b"tgid 1 (ns,ts 5 ns), ts 7 ns\n\n" + PADDING
    assert b"tgid 1 (ns,ts  ns), ts 7 ns\n" in run(data, [], "7.3")
    assert b"tgid 1 (ns,ts 5 ns), ts 7 ns\n" in run(data, ["-a"], "7.3")


@pytest.mark.parametrize(
    ("args", "version", "code"),
    [
        (["-m", "-p"], "7.3", 1),
        (["-mm"], "7.3", None),
        (["-mp"], "6.1", None),
        (["-h", "--bogus"], "7.3", 0),
        (["--bogus", "-h"], "7.3", 1),
        (["--p=1", "--t", "-1", "--n", "--"], "6.1", None),
        (["--pid"], "6.1", 1),
        (["--pid=1,x"], "6.1", 1),
        (["--pid= +1"], "6.1", None),
        (["--cull=pid,"], "6.1", 1),
        (["--cull=f"], "6.1", None),
        (["--cull=f"], "7.3", 1),
        (["--sort=ft"], "7.3", 1),
        (["-m"], "5.10", 1),
    ],
)
def test_arguments_are_taken_or_refused(
    args: list[str], version: Version, code: int | None
) -> None:
    if code is None:
        assert isinstance(run(PADDING, args, version), bytes)
        return
    with pytest.raises(ToolFailed) as failed:
        run(PADDING, args, version)
    assert failed.value.exit_code == code
