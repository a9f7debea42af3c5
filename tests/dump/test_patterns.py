"""No pattern that reads input takes more than a linear number of steps."""

import re
from typing import Any

import pytest

from pageowner_sql.dump import sort_tool
from pageowner_sql.dump.fields import read_frame
from pageowner_sql.dump.posted import frames
from pageowner_sql.dump.posted.lines import PostedLine
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.posted.wrapping import join_screen_lines
from pageowner_sql.dump.sort_tool import read_fields
from tests.oracle.records import NO_TIME as NOT_FOUND


def fields_of(text: bytes) -> dict[str, Any]:
    """What page_owner_sort reads out of one text."""
    return {name: column[0] for name, column in read_fields([text]).items()}


# Quadratic patterns would take hours for so much, far beyond the limit of a test.
MANY = 1_000_000


@pytest.mark.sampled
@pytest.mark.parametrize("unit", [b"ts ", b" ", b"tgid (", b"), ", b"tgid (x\n", b"tgid\n("])
@pytest.mark.parametrize("begins", [b"ts", b"free_ts", b"tgid ", b"tgid (", b"pid", b"order"])
def test_a_text_of_one_thing_over_and_over(begins: bytes, unit: bytes) -> None:
    text = begins + unit * (MANY // len(unit))
    assert fields_of(text)["alloc_ts"] == NOT_FOUND
    assert not sort_tool.plain_rest(text + b"\n\n")


def test_places_of_a_frame_that_are_not_closed() -> None:
    for text in (b"(" + b"a" * MANY, b"(" + b"a " * (MANY // 2)):
        assert frames._PLACES.match(text) is None


def test_a_module_of_a_frame_that_is_not_closed() -> None:
    line = "f+0x1/0x2 [" + "a" * MANY
    assert read_frame(line).function == line  # type: ignore[union-attr]
    assert read_frame(f"{line} b]").module == "a" * MANY  # type: ignore[union-attr]


def test_blanks_before_a_mark_of_what_was_left_out() -> None:
    assert frames.ELIDED.fullmatch(b"\t" * MANY + b"x") is None
    assert frames.ELIDED.fullmatch(b"> \t[ -- snip -- ]") is None
    assert frames.ELIDED.fullmatch(b"> \t-- snip --") is not None


@pytest.mark.parametrize(
    ("text", "comm"),
    [
        (b"tgid 1 (a), ts 1 ns", b"a"),
        (b"tgid 1 (a), ts (b), ts 1 ns", b"a), ts (b"),
        (b"tgid (a\ntgid 1 (b), ts", b"b"),
        (b"tgid (tgid 1 (b),\nts", b"tgid 1 (b"),
        (b"tgid (a\n), ts", b""),
        (b"tgid (a tgid\n(b), ts", b"b"),
        (b"tgid (), ts\ntgid (b), ts", b""),
        (b"tgid 1(a),ts", b"a"),
    ],
)
def test_a_comm_as_the_whole_pattern_finds_it(text: bytes, comm: bytes) -> None:
    found = re.search(rb"tgid\s*[0-9]*\s*\((.*)\),\s*ts", text)
    assert (found[1] if found else b"") == comm == fields_of(text)["name"]


@pytest.mark.parametrize("digits", [b"9" * 5000, b"0" * 5000 + b"7", b"9" * 20])
def test_a_number_of_any_length(digits: bytes) -> None:
    line = (
        b"Page allocated via order %b, mask 0x0(), pid %b, tgid %b (x), ts %b ns, free_ts %b ns\n"
    )
    fields = fields_of(line % ((digits,) * 5))
    small = digits.endswith(b"7")
    assert (fields["pid"], fields["tgid"]) == ((7, 7) if small else (-1, -1))
    assert fields["alloc_ts"] == fields["free_ts"] == (7 if small else NOT_FOUND)
    assert fields["pages"] == (128 if small else 0)


def test_a_text_of_lines_of_one_width() -> None:
    lines = [PostedLine(number, b"+" + b"x" * 75) for number in range(MANY // 20)]
    [line] = join_screen_lines([*lines, PostedLine(0, b"=")], Repairs())
    assert len(line.text) == 76 * len(lines) + 1
