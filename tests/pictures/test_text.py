"""Numbers and names as people read them."""

import re
from itertools import starmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.output import palette, units
from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.output.report.cells import cell_text, sparkline
from tests.support import ROOT


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1_179_648, "1.13 MiB"),
        (10_485_760, "10.0 MiB"),
        (490_291_200, "468 MiB"),
        (1023.6 * 1024, "1.00 MiB"),
        (-4096, "\N{MINUS SIGN}4.00 KiB"),
        (5 * 1024**5, "5.00 PiB"),
    ],
)
def test_sizes_have_three_figures(number: float, text: str) -> None:
    assert units.size(number) == text


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0.0 %"), (0.00001, "<0.1 %"), (0.4756, "47.6 %"), (1, "100.0 %")]
)
def test_a_tiny_share_is_not_nothing(part: float, text: str) -> None:
    assert units.share(part) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250 ms"),
        (2.5, "2.50 s"),
        (59.999, "1 min 00 s"),
        (200, "3 min 20 s"),
        (11_000, "3 h 03 min"),
        (190_000, "2 d 4 h"),
    ],
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert units.duration(int(seconds * 1e9)) == text


def test_signs_are_told_and_nothing_has_none() -> None:
    signed = [units.signed(units.size(number)) for number in (4096, 0, -4096)]
    assert signed == ["+4.00 KiB", "0", "\N{MINUS SIGN}4.00 KiB"]


@given(st.text())
def test_what_is_printable_moves_nothing_and_hides_nothing(text: str) -> None:
    shown = printable(text)
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
    )


@given(st.text(st.sampled_from("ab \t\x1b\u202e\n"), max_size=8).map(str))
def test_lines_stay_lines_in_statements(text: str) -> None:
    assert printable_lines(text).count("\n") == text.count("\n")


def test_spelt_out_bytes() -> None:
    assert printable("\x1b[31m\u202e\U000e0001é漢") == r"\x1b[31m\u202e\U000e0001é漢"


def test_missing_values_are_dashes() -> None:
    assert cell_text(None, "bytes") == "\N{EN DASH}"


def test_a_series_rises() -> None:
    assert sparkline([0, 5, 10]) == "▁▅█"
    assert sparkline([0, 0]) == "▁▁"


def test_pages_and_pictures_have_the_same_colours() -> None:
    css = (ROOT / "web" / "src" / "base.css").read_text("utf-8")
    tokens = dict(re.findall(r"--([\w-]+): (?:light-dark\()?(#[0-9a-f]{6})", css))
    assert tuple(tokens[f"c{i}"] for i in range(len(palette.CATEGORIES))) == palette.CATEGORIES
    assert tuple(tokens[f"r{i}"] for i in range(len(palette.RANKS))) == palette.RANKS
    singles = ("c-other", "paper", "free", "ink", "muted", "stray")
    assert [tokens[name] for name in singles] == [
        palette.OTHER,
        palette.PAPER,
        palette.FREE,
        palette.INK,
        palette.MUTED,
        palette.STRAY,
    ]


def test_ranks_spread_over_the_scale() -> None:
    spread = list(starmap(palette.rank_colors, [(1,), (2,), (8,)]))
    assert spread[0] == palette.RANKS[:1]
    assert spread[1] == (palette.RANKS[0], palette.RANKS[-1])
    assert spread[2] == palette.RANKS
