"""Tables: a row a line off a terminal, and on one whatever it has room for."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

import pytest

from pageowner_sql.output.cells import column
from pageowner_sql.output.layout import fit_columns, fold_text, sheet, total
from pageowner_sql.output.table import write_table
from pageowner_sql.store.units import unit_of
from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal

NUMBERS = [f"{side}_{what}" for side in ("old", "new", "delta") for what in ("pages", "bytes")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(
    room: int,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(room))
    monkeypatch.setenv("NO_COLOR", "1")
    kinds = [all(isinstance(row[at], int) for row in rows) for at in range(len(names))]
    columns = [
        column(name, numeric=kind, unit=unit_of(name))
        for name, kind in zip(names, kinds, strict=True)
    ]
    file = Terminal()
    write_table(file, columns, rows)
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert max(map(len, lines)) <= room
    return lines


@pytest.mark.thorough
def test_off_a_terminal_a_line_is_a_row_whatever_columns_says(
    tool: Tool, dump: DumpPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    words = ("sql", "SELECT repeat('wide ', 9000) AS a, 1 AS b")
    plain = tool.ok(*words).out
    assert len(plain.splitlines()) == 3
    monkeypatch.setenv("COLUMNS", "20")
    assert tool.ok(*words).out == plain


def test_what_fits_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(80, ["comm", "delta_records"], [["cat", 1]], monkeypatch)
    assert lines[0] == "comm   delta_records"


def test_headings_of_numbers_go_into_lines_before_text_is_folded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = drawn(30, ["comm", "delta_records"], [["a name of 19 letters", 1]], monkeypatch)
    assert [line.split() for line in lines[:2]] == [["delta_"], ["comm", "records"]]
    assert lines[3].split() == ["a", "name", "of", "19", "letters", "+1"]


def test_text_is_folded_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Owners that keep pageblocks from being free"
    lines = drawn(50, ["name", "title"], [["fragmentation/mixed_by", text]], monkeypatch)
    assert lines[2].startswith("fragmentation/mixed_by   Owners that keep")
    assert " ".join(" ".join(lines[2:]).split()[1:]) == text


def test_long_text_goes_below_its_row_rather_than_into_many_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    why = "181.9 MiB more; 181.8 MiB new, over 100% of the time; 100% of the old still there"
    names = ["verdict", "owner", "slope_bytes_per_hour", "why"]
    first: list[object] = ["leak", "unix_dgram_sendmsg", 5 << 30, why]
    rows = [first, ["churn", "churner", 0, "freed again"]]
    assert drawn(60, names, rows, monkeypatch) == [
        "                                   slope_",
        "                               bytes_per_",
        "verdict   owner                      hour",
        "    why",
        "─────────────────────────────────────────",
        "leak      unix_dgram_sendmsg   5.00 GiB/h",
        "    181.9 MiB more; 181.8 MiB new, over 100% of the time;",
        "    100% of the old still there",
        "churn     churner                   0 B/h",
        "    freed again",
    ]


def test_a_block_leaves_out_what_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["one\ntwo", "", "3"], ["three", "nr_base_pages", ""]]
    assert drawn(20, ["text", "owner", "pages"], rows, monkeypatch) == [
        "1 ──────────────────",
        "text   one",
        "       two",
        "pages  3",
        "2 ──────────────────",
        "text   three",
        "owner  nr_base_pages",
    ]


def test_pages_go_first_where_bytes_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["owner", *NUMBERS]
    rows = [["x" * 24, *([123456] * len(NUMBERS))]]
    assert drawn(80, names, rows, monkeypatch)[-1] == (
        "omitted for lack of space: old_pages, new_pages, delta_pages"
    )
    assert "not shown" not in drawn(120, names, rows, monkeypatch)[-1]


def test_a_difference_fits_80_columns_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["status", "owner", *NUMBERS, "delta_records"]
    rows = [["grown", "jbd2_journal_get_descriptor_buffer", *([123456] * 7)]]
    lines = drawn(80, names, rows, monkeypatch)
    assert lines[-2].split() == ["grown", str(rows[0][1]), *(["121", "KiB"] * 2), "+121", "KiB"]
    assert lines[-1].endswith(", delta_records")


def test_a_short_text_does_not_go_below_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["x" * 40, "a rule of some words", False]]
    lines = drawn(70, ["function", "rule", "is_owner"], rows, monkeypatch)
    assert lines[-1] == "omitted for lack of space: is_owner"


def test_the_evidence_goes_where_why_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["verdict", "comm", "evenness", "survivors_share", "why"]
    rows = [["page cache filling", "kworker/u8:1", 1, 1, "a reason of few words"]]
    lines = drawn(56, names, rows, monkeypatch)
    assert lines[-1] == "omitted for lack of space: evenness"


def test_pages_stay_where_nothing_else_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(34, ["owner", "pages", "pfn"], [["x" * 24, 1234567, 5]], monkeypatch)
    assert lines[1].split() == ["owner", "x" * 24]
    assert lines[2].split() == ["pages", "1,234,567"]


def test_a_row_without_room_is_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = "first+0x1/0x2\nsecond+0x3/0x4"
    numbers = [1, 2, 3, 4]
    rows = [[stack, *numbers], ["漢字+0x1/0x2", *numbers]]
    lines = drawn(40, ["stack", "aaaaaaaa", "bbbbbbbb", "cccccccc", "d"], rows, monkeypatch)
    assert lines[0].startswith("1 ─")
    assert lines[1:4] == ["stack     first+0x1/0x2", "          second+0x3/0x4", "aaaaaaaa  1"]
    assert [line[:3] for line in lines if "─" in line] == ["1 ─", "2 ─"]


def test_without_rows_there_are_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(80, ["comm", "pid"], [], monkeypatch)[0] == "comm   pid"


def test_a_long_answer_shows_its_first_and_last_rows(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    done = tool.ok("sql", "SELECT range AS n, 'x' || range AS x FROM range(400000)")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[2] == ["0", "x0"]
    assert lines[21:24] == [
        ["19", "x19"],
        ["…", "399,960", "more", "rows", "…"],
        ["399980", "x399980"],
    ]
    assert lines[-1] == ["399999", "x399999"]
    assert done.err == "400,000 rows (40 shown); --limit 0 shows all\n"


@pytest.mark.sampled
@pytest.mark.parametrize(("number", "gap"), [(0, 0), (39, 0), (40, 0), (41, 1), (60, 20)])
def test_a_row_is_shown_once(tool: Tool, dump: DumpPath, number: int, gap: int) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    lines = tool.ok("sql", f"SELECT range AS n FROM range({number})").out.split("\n")[2:-1]
    kept = [str(n) for n in range(number) if gap == 0 or n < 20 or n >= 20 + gap]
    marks = ["… 1 more row …" if gap == 1 else f"… {gap} more rows …"] if gap else []
    assert [line.strip() for line in lines] == [*kept[:20], *marks, *kept[20:]]


@pytest.mark.thorough
def test_a_limit_shows_all_rows_up_to_it(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    for words in (("--limit", "5000"), ("--limit", "0")):
        done = tool.ok("sql", "SELECT range AS n FROM range(5000)", *words)
        numbers = [line.strip() for line in done.out.splitlines()[2:]]
        assert numbers == [str(number) for number in range(5000)]
        assert done.err == ""


def test_lists_are_shown_whole(tool: Tool) -> None:
    assert "more rows" not in tool.ok("query").out


def test_text_of_wide_characters_is_folded_to_its_width() -> None:
    assert fold_text("漢字漢字 ab", 5) == ["漢字", "漢字", "ab"]
    assert fold_text("no longer", 20) == ["no longer"]
    assert fold_text("  two spaces", 20) == ["  two spaces"]
    assert fold_text("abcdefghij k", 4) == ["abcd", "efgh", "ij k"]


@pytest.mark.parametrize("room", range(5, 200, 3))
def test_what_is_fitted_fits(room: int) -> None:
    columns = [column(name, numeric=name != "owner") for name in ("owner", *NUMBERS)]
    whole = sheet(columns, [["__filemap_get_folio_mpol with words", *range(len(NUMBERS))]])
    found = fit_columns(whole, room)
    if found:
        shown, gone = found
        assert total(shown.widths) <= room
        assert len(shown.columns) + len(gone) == len(columns)
        assert all(width > 0 for width in shown.widths)


@pytest.mark.thorough
@pytest.mark.parametrize("columns", [60, 80, 100])
def test_every_line_fits_a_terminal(tool: Tool, dump: DumpPath, columns: int) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    for words in (("dumps",), ("top", "--by", "stack"), ("query",)):
        seen = on_terminal(*tool.arguments(*words), columns=columns, NO_COLOR="1")
        table = seen[: seen.find("\nboot: total")]
        assert max(map(len, table.splitlines())) <= columns, words
        assert os.linesep in table


@pytest.mark.thorough
def test_dumps_are_short_in_a_table_and_whole_elsewhere(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    assert tool.ok("dumps").out.splitlines()[0].split() == [
        *("label", "kind", "records", "rejected", "pages", "bytes", "captured_at")
    ]
    assert tool.ok("dumps", "--format", "csv").out.splitlines()[0].endswith(",boot_id,tags,source")
    assert "boot_id" not in tool.ok("dumps", "--show-sql").out
