"""What docs/compat.md says of `sort` without --compat, beside tests/sort/test_sort.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pageowner_sql.sort.options import Compat
from tests.support.c_dumps import SURE
from tests.support.sorter import Sorter, opened_sorter
from tests.support.synth import ERAS, STACK

OLD, NEW = ERAS[0], ERAS[2]
BETWEEN = b" __vmalloc_node_range+0x1/0x2\n"


@pytest.fixture(scope="module")
def sorter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sorter]:
    with opened_sorter(tmp_path_factory.mktemp("sorter")) as opened:
        yield opened


def pids(report: bytes) -> list[int]:
    """Return the pid of each row of a report without cull."""
    return [int(pid) for pid in re.findall(rb", pid (\d+), tgid", report)]


def counts(report: bytes) -> list[tuple[int, int]]:
    """Return records and pages of each row."""
    return [(int(n), int(p)) for n, p in re.findall(rb"(?m)^(\d+) times, (\d+) pages", report)]


def allocators(sorter: Sorter, text: bytes, compat: Compat | None = None) -> bytes:
    [row] = sorter.sort(text, "--cull=ator", compat=compat).splitlines()
    return row.partition(b"allocated by ")[2]


def test_later_keys_decide_between_equal_times(sorter: Sorter) -> None:
    text = b"".join(re.sub(rb"ts 100\d", b"ts 10", NEW.record(b"x", n)) for n in (1, 2, 3))
    assert pids(sorter.sort(text, "--sort=at,-pid")) == [3, 2, 1]
    assert pids(sorter.sort(text, "--sort=-at,pid")) == [1, 2, 3]
    assert pids(sorter.sort(text, "-a", compat=Compat.V6_1)) == [3, 2, 1]


def test_the_time_in_a_name_stays(sorter: Sorter) -> None:
    text = NEW.record(b"ns,ts 5 ns", 1) + NEW.record(b"ns,ts 5 ns", 1).replace(b"1001", b"1002")
    assert b"tgid 7 (ns,ts 5 ns), ts  ns\n" in sorter.sort(text)
    assert counts(sorter.sort(text)) == [(2, 8)]
    assert counts(sorter.sort(text, compat=Compat.V7_3)) == [(1, 4), (1, 4)]


@pytest.mark.parametrize(
    "record",
    [
        NEW.record(b"x").replace(b"(referenced|", b"(slab|referenced|"),
        NEW.record(b"x", rest=STACK + b"Slab cache page\n\n"),
        NEW.record(b"x", rest=b" alloc_slab_page+0x1/0x2\n" + STACK + b"\n"),
    ],
    ids=["flag", "line", "frame"],
)
def test_three_signs_of_a_slab(sorter: Sorter, record: bytes) -> None:
    assert allocators(sorter, record) == b"SLAB "


@pytest.mark.parametrize("middle", [b"", b" vm_area_alloc_pages+0x1/0x2\n", b" other+0x1/0x2\n"])
def test_vmalloc_whatever_stands_between(sorter: Sorter, middle: bytes) -> None:
    rest = b" alloc_pages_noprof+0x1/0x2\n" + middle + BETWEEN + b"\n"
    assert allocators(sorter, NEW.record(b"x", rest=rest)) == b"VMALLOC "
    assert allocators(sorter, NEW.record(b"x", rest=BETWEEN + b"\n")) == b"OTHERS "


def test_only_a_type_is_cma(sorter: Sorter) -> None:
    record = NEW.record(b"x")
    for kind in (b"type Movable", b"type Unmovable"):
        assert allocators(sorter, record.replace(kind, b"type CMA")) == b"CMA "
    flag = record.replace(b"(referenced|", b"(xCMAx|")
    assert allocators(sorter, flag) == b"OTHERS "
    assert allocators(sorter, flag, Compat.V7_3) == b"CMA "


def test_a_record_without_a_time_comes_last(sorter: Sorter) -> None:
    bare = b"Page allocated via order 0, mask 0x0()\n" + SURE.partition(b"\n")[2]
    for flag in ("-a", "-r"):
        rows = sorter.sort(bare + OLD.record(b"x"), flag).split(b"times, ")
        assert [b"tgid 7 (x)" in row for row in rows[1:]] == [True, False]


@pytest.mark.parametrize(
    ("junk", "tool"),
    [
        (b"hello\n\n", 3),
        (b"\n\n", 4),
        (SURE.replace(b"PFN 0x9", b"XXX 0x9"), 3),
        (SURE.replace(b"order 1", b"order 01"), 3),
        (SURE[:-1] + SURE.replace(b"(cat)", b"(dog)"), 3),
    ],
    ids=["text", "empty lines", "no PFN line", "not the kernel's", "run together"],
)
def test_what_is_no_record_is_not_counted(sorter: Sorter, junk: bytes, tool: int) -> None:
    text = SURE + junk + SURE
    assert counts(sorter.sort(text)) == [(2, 4)]
    assert sum(times for times, _ in counts(sorter.sort(text, compat=Compat.V7_3))) == tool


def test_a_record_larger_than_the_tools_buffer(sorter: Sorter) -> None:
    large = NEW.record(b"x", rest=STACK * 3000 + b"\n")
    assert len(large) > 128 << 10
    text = SURE + large + SURE
    assert sorter.sort(text, "--cull=ator") == b"3 times, 8 pages, allocated by OTHERS \n"
    assert counts(sorter.sort(text, compat=Compat.V7_3)) == [(1, 2)]


def test_sums_beyond_31_bits(sorter: Sorter) -> None:
    text = b"".join(NEW.record(b"x", n).replace(b"order 2", b"order 31") for n in range(5))
    assert counts(sorter.sort(text, "--cull=n")) == [(5, 5 << 31)]
