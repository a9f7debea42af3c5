"""show_stacks and its kin are read exactly; any bytes are rows, filler or rejects."""

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.kinds import SUMMARY_KINDS, Kind
from pageowner_sql.dump.stack_counts import StackCount, parse_stack_counts
from pageowner_sql.dump.summaries import parse_summary
from tests.conftest import DumpPath
from tests.support.kernel_text import (
    STACK,
    log_of,
    page_report,
    record_text,
)
from tests.support.tiling import parse_tiled, pieces, rejects_of, rows_of

REAL_SUMMARIES = {
    "linux-7.3/show_stacks.txt": Kind.SHOW_STACKS,
    "linux-7.3/show_handles.txt": Kind.SHOW_HANDLES,
    "linux-7.3/show_stacks_handles.txt": Kind.SHOW_STACKS_HANDLES,
}


def stack_counts(data: bytes) -> list[StackCount]:
    return cast("list[StackCount]", rows_of(parse_tiled(parse_stack_counts, data)))


@pytest.mark.parametrize("name", REAL_SUMMARIES)
def test_real_summaries_are_read_whole(dump: DumpPath, name: str) -> None:
    data = dump(name).read_bytes()
    items = parse_tiled(lambda chunks: parse_summary(REAL_SUMMARIES[name], chunks), data)
    rows = cast("list[StackCount]", items)
    assert not rejects_of(items)
    assert [row.ord for row in rows] == list(range(len(rows)))
    counts = re.findall(rb"^nr_base_pages: (\d+)$", data, re.MULTILINE)
    handles = re.findall(rb"^handle: (\d+)$", data, re.MULTILINE)
    assert [row.base_pages for row in rows if row.base_pages is not None] == [*map(int, counts)]
    assert [row.handle for row in rows if row.handle is not None] == [*map(int, handles)]
    frames = b"".join(line + b"\n" for line in data.split(b"\n") if line.startswith(b" "))
    assert b"".join(row.stack or b"" for row in rows) == frames


def test_the_real_summaries_of_one_moment_agree(dump: DumpPath) -> None:
    stacks, by_handle, shown = (stack_counts(dump(name).read_bytes()) for name in REAL_SUMMARIES)
    texts = {row.handle: row.stack for row in shown}
    pages = {row.stack: row.base_pages for row in stacks}
    joined = {texts[row.handle]: row.base_pages for row in by_handle if row.handle in texts}
    same = [stack for stack, count in pages.items() if joined.get(stack) == count]
    assert len(pages) == 270
    assert len(same) > 240


def test_the_count_of_6_9_counts_allocations() -> None:
    (row,) = stack_counts(STACK + b"stack_count: 7\n\n")
    assert (row.stack, row.allocations, row.base_pages) == (STACK, 7, None)


def test_a_handle_printed_as_signed_is_the_same_32_bits() -> None:
    (row,) = stack_counts(b"handle: -2\nnr_base_pages: 5\n\n")
    assert (row.handle, row.base_pages, row.stack) == (4294967294, 5, None)


def test_dos_line_ends_and_chunks_of_any_size_change_nothing() -> None:
    data = (STACK + b"nr_base_pages: 3\n\n") * 3
    mangled = data.replace(b"\n", b"\r\n")
    expected = [(row.stack, row.base_pages) for row in stack_counts(data)]
    assert [(row.stack, row.base_pages) for row in stack_counts(mangled)] == expected
    items = parse_tiled(parse_stack_counts, data, pieces(data, 7))
    assert items == parse_tiled(parse_stack_counts, data)


@pytest.mark.parametrize(
    "block",
    [
        STACK,
        b"nr_base_pages: 4\n",
        STACK + b"nr_base_pages: 4\nnr_base_pages: 5\n",
        STACK + b"nr_base_pages: 99999999999\n",
        STACK + b"nr_base_pages: 4\n" + STACK,
        STACK + b"who knows\nnr_base_pages: 4\n",
        b"\x00\n",
        b"x" * (3 << 20),
    ],
)
def test_a_block_that_is_not_understood_is_a_reject(block: bytes) -> None:
    items = parse_tiled(parse_stack_counts, block)
    assert not rows_of(items)
    assert b"".join(reject.raw for reject in rejects_of(items)) == block


SAMPLES = (
    STACK + b"nr_base_pages: 3\n\n",
    b"handle: 3\nnr_base_pages: 4\n\n",
    b"3 times, 4 pages, allocated by SLAB :\n" + record_text(b"two\nlines") + b"\n",
    b"3 times, 4 pages, task_comm_name: a (RELEASED)\n",
    log_of(page_report(b"a\nb"), b"[   12.345678] "),
)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", sorted(SUMMARY_KINDS))
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_filler_or_rejects(kind: Kind, data: bytes) -> None:
    parse_tiled(lambda chunks: parse_summary(kind, chunks), data)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", sorted(SUMMARY_KINDS))
@given(st.data())
def test_damaged_text_is_rows_filler_or_rejects(kind: Kind, data: st.DataObject) -> None:
    text = bytearray(b"".join(data.draw(st.lists(st.sampled_from(SAMPLES), max_size=4))))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(text)))
        size = data.draw(st.integers(0, 12))
        text[at : at + size] = data.draw(
            st.sampled_from([b"", b"\n", b"\n\n", b":", b"\0", b"9" * 30])
        )
    size = data.draw(st.integers(1, 99))
    parse_tiled(lambda chunks: parse_summary(kind, chunks), bytes(text), pieces(bytes(text), size))


@pytest.mark.sampled
@pytest.mark.parametrize("name", REAL_SUMMARIES)
def test_a_real_file_cut_anywhere_loses_at_most_its_last_block(dump: DumpPath, name: str) -> None:
    data = dump(name).read_bytes()
    whole = stack_counts(data)
    for end in range(3, 4000, 13):
        rows = stack_counts(data[:end])
        assert [row.at for row in rows[:-1]] == [row.at for row in whole[: len(rows)][:-1]]
        assert len(rows) >= sum(row.at.offset + row.at.size <= end for row in whole)
