"""page_owner_sort's records are cut the same wherever the parts of a text end."""

import itertools
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump.sort_tool import BUFFER, ToolReader
from tests.oracle.records import blocks
from tests.support.c_dumps import SURE, dumps

LINE = b"PFN " + b"x" * 60_000


def parts_of(text: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    """`text`, cut at some places."""
    borders = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    return (text[start:end] for start, end in itertools.pairwise(borders))


def read(parts: Iterable[bytes]) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Each record's text and the PFN line seen last; whether reading stopped."""
    reader, found, pfn_line = ToolReader(), [], b""
    for part in parts:
        for record in reader.read(part):
            pfn_line = pfn_line if record.pfn_line is None else record.pfn_line
            found += [(record.text, pfn_line)] * record.times
        if reader.stopped:
            break
    return found, reader.stopped


@pytest.mark.thorough
@given(text=dumps(), cuts=st.lists(st.integers(0, 140_000), max_size=8))
@example(text=b"\n\n" + SURE + b"\n\n\n", cuts=[1, 2, 3, len(SURE) + 1, len(SURE) + 2])
@example(text=b"a\0b\n\0PFN\nPFN x\0CMA\n\n", cuts=range(24))
@example(text=LINE + LINE + LINE + b"\n\n" + SURE, cuts=[1, 70_000, 131_071, 131_072])
@example(text=LINE + b"\n" + LINE + b"\n" + LINE + b"\n\n" + SURE, cuts=[])
@example(text=b"PFN" + b"x" * (BUFFER - 4) + b"\nafter\n\n", cuts=[])
def test_parts_that_end_anywhere(text: bytes, cuts: Iterable[int]) -> None:
    assert read(parts_of(text, cuts))[0] == list(blocks(text))


@pytest.mark.parametrize("length", range(BUFFER - 4, BUFFER + 2))
def test_a_record_that_just_fits_and_one_that_does_not(length: int) -> None:
    text = b"x" * (length - 1) + b"\n\nnext\n\n"
    for cuts in ([], [1], [length - 1], [length], [length + 1], range(0, length, 30_000)):
        found, stopped = read(parts_of(text, cuts))
        assert found == list(blocks(text))
        assert stopped == (length >= BUFFER - 1)


def test_a_run_of_empty_lines_is_one() -> None:
    runs = list(ToolReader().read(SURE + b"\n" * 1000 + SURE))
    assert [record.times for record in runs] == [1, 1000, 1]
