"""The output of page_owner_sort is read back; what a name hides stays unknown."""

import re
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump.sorted_rows import SortedRow
from pageowner_sql.dump.sorted_text import parse_sorted
from tests.support.golden import Golden, goldens
from tests.support.kernel_text import (
    NAMES,
    SHAPES,
    STACK,
    Shape,
    record_text,
)
from tests.support.tiling import parse_tiled, rejects_of, rows_of

KEPT = tuple(golden for golden in goldens() if golden.file is not None and golden.size)


def sorted_rows(data: bytes) -> list[SortedRow]:
    return cast("list[SortedRow]", rows_of(parse_tiled(parse_sorted, data)))


@pytest.mark.parametrize("golden", KEPT, ids=str)
def test_every_kept_output_of_page_owner_sort_is_read_whole(golden: Golden) -> None:
    data = cast("bytes", golden.recorded())
    items = parse_tiled(parse_sorted, data)
    rows = cast("list[SortedRow]", rows_of(items))
    assert not rejects_of(items)
    numbers = re.findall(rb"^(\d+) times, (\d+) pages", data, re.MULTILINE)
    assert [(row.times, row.pages) for row in rows] == [(int(t), int(p)) for t, p in numbers]
    assert not any(row.truncated for row in rows)


def test_outputs_of_one_dump_count_the_same_records() -> None:
    totals: dict[tuple[str, str], list[int]] = {}
    for golden in KEPT:
        if any("--cull" in arg for arg in golden.args) and not _FILTER.search(
            " ".join(golden.args)
        ):
            rows = sorted_rows(cast("bytes", golden.recorded()))
            times = totals.setdefault((golden.dump, golden.tool), [])
            times.append(sum(row.times for row in rows))
    assert all(len(times) > 4 and len(set(times)) == 1 for times in totals.values())
    assert totals["linux-7.3/t0.txt", "6.12"][0] == 34546


_FILTER = re.compile("--(?:pid|tgid|name)|-f")


@pytest.mark.parametrize(
    ("head", "pages", "allocators"),
    [
        (b"5 times, 41 pages, allocated by SLAB VMALLOC :", 41, ("SLAB", "VMALLOC")),
        (b"5 times, 41 pages:", 41, None),
        (b"5 times:", 40, None),
    ],
)
def test_a_row_in_full_gives_its_record(
    head: bytes, pages: int, allocators: tuple[str, ...] | None
) -> None:
    trailer = b"Charged (via objcg) to memcg app.slice\n"
    (row,) = sorted_rows(head + b"\n" + record_text(b"cat", b"12") + trailer + b"\n")
    assert (row.times, row.pages, row.allocators) == (5, pages, allocators)
    assert (row.order, row.gfp_mask, row.pid, row.tgid, row.comm) == (3, 0xD20C0, 7, 6, b"cat")
    assert (row.alloc_ts, row.free_ts, row.stack, row.trailers) == (12, None, STACK, trailer)


def test_a_record_without_process_or_time_is_a_row() -> None:
    (row,) = sorted_rows(b"5 times:\n" + record_text(None) + b"\n")
    assert (row.times, row.pages, row.pid, row.comm, row.stack) == (5, 40, None, None, STACK)


@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from([b"", b"17"]))
def test_no_name_misleads_the_reading_of_rows_in_full(names: list[bytes], ts: bytes) -> None:
    text = b"".join(
        b"%d times, %d pages, allocated by OTHERS :\n%s\n" % (n, n * 8, record_text(name, ts))
        for n, name in enumerate(names, 1)
    )
    rows = sorted_rows(text)
    assert [(row.times, row.pages, row.stack) for row in rows] == [
        (n, n * 8, STACK) for n in range(1, len(names) + 1)
    ]
    for row, name in zip(rows, names, strict=True):
        # Newer tools cut digits out of a name that looks like a time; such a name stays unknown.
        assert row.comm == name or (row.comm is None and ts and re.search(rb"ts\s*ns", name))


@given(SHAPES, st.lists(NAMES, min_size=1, max_size=6))
@example(Shape(pid=False, allocator=False, state=False, stack=True), [b"a:\n f+0x1/0x2", b"b"])
@example(Shape(pid=False, allocator=False, state=True, stack=False), [b"a (UNRELEASED)", b"b"])
def test_a_culled_name_is_right_or_unknown_and_forges_nothing(
    shape: Shape, names: list[bytes]
) -> None:
    expected = dict(enumerate(names, 1))
    items = parse_tiled(
        parse_sorted, b"".join(shape.render(times, name) for times, name in expected.items())
    )
    rows = cast("list[SortedRow]", rows_of(items))
    assert len({row.times for row in rows}) == len(rows)
    for row in rows:
        assert row.pages == row.times * 2
        assert row.comm in {expected[row.times], None}
        assert row.state in ({"UNRELEASED", None} if shape.state else {None})
        assert row.stack == (STACK if shape.stack else None)
        assert row.allocators == (("CMA", "SLAB") if shape.allocator else None)
        assert row.pid == (9 if shape.pid else None)
    plain = [times for times, name in expected.items() if re.fullmatch(rb"[\w-]+", name)]
    assert {row.times for row in rows} >= set(plain)


def test_one_plain_row_settles_whether_the_run_prints_the_state() -> None:
    hidden = b"3 times, 3 pages, task_comm_name: a (RELEASED)\n"
    (row,) = sorted_rows(hidden)
    assert (row.comm, row.state) == (None, None)
    name, _ = sorted_rows(hidden + b"2 times, 2 pages, task_comm_name: cat\n")
    assert (name.comm, name.state) == (b"a (RELEASED)", None)
    long = b"2 times, 2 pages, task_comm_name: fifteen-letters (UNRELEASED)\n"
    word, _ = sorted_rows(hidden + long)
    assert (word.comm, word.state) == (b"a", "RELEASED")


def test_the_half_of_a_header_that_a_newline_cut_off_is_no_frame() -> None:
    text = b"3 times, 4 pages:\nlines), ts  ns\n" + STACK + b"\n"
    (row,) = sorted_rows(text)
    assert (row.stack, row.trailers) == (STACK, b"")
    forged = b"3 times, 4 pages:\n f+0x1/0x2\nb), ts 4 ns, free_ts 5 ns\n" + STACK + b"\n"
    (row,) = sorted_rows(forged)
    assert row.stack == STACK


def test_a_row_without_its_empty_line_is_marked() -> None:
    (row,) = sorted_rows(b"3 times, 4 pages:\n" + record_text(b"cat"))
    assert row.truncated
    assert (row.times, row.stack) == (3, STACK)


@pytest.mark.parametrize(
    "text",
    [
        b"3 times, 4 pages",
        b"3 times:\n",
        b"3 times, 4 pages, task_comm_name: sixteen-letters!\n",
        b"3 times, 4 pages, task_comm_name: two\nlines\n",
        b"-3 times, 4 pages\n",
        b"3 times, 4 pages, colour: red\n",
        b"3 times, 4 pages:\nPage allocated via order 0, mask 0x0(), pid 1, tgid 1 (a\n\n",
        b"not a row at all\n",
    ],
)
def test_a_row_that_cannot_be_known_is_a_reject(text: bytes) -> None:
    items = parse_tiled(parse_sorted, text)
    assert not rows_of(items)
    assert b"".join(reject.raw for reject in rejects_of(items)) == text


def test_dos_line_ends_are_taken_off_unless_a_name_could_own_them() -> None:
    text = b"3 times, 4 pages, allocated by SLAB :\n" + record_text(b"cat") + b"\n"
    (row,) = sorted_rows(text.replace(b"\n", b"\r\n"))
    assert (row.comm, row.stack, row.truncated) == (b"cat", STACK, False)
    names = b"3 times, 4 pages, task_comm_name: cat\n" * 2
    assert len(sorted_rows(names)) == 2
    assert sorted_rows(names.replace(b"\n", b"\r\n")) == []
