"""The pager: for what does not fit on a terminal, and nowhere else."""

from __future__ import annotations

import pytest

from tests.conftest import DumpPath
from tests.support.tool import Tool, on_terminal

LONG = ("sql", "SELECT 'row ' || range AS words FROM range(200)", "--limit", "0")
SHORT = ("sql", "SELECT 'a row' AS words")
UPPER = "tr a-z A-Z"


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    tool.once(__name__, lambda: tool.ok("load", dump("linux-7.3/boot.txt")))
    return tool


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_long_output_goes_through_the_pager(loaded: Tool, form: str) -> None:
    seen = on_terminal(*loaded.arguments(*LONG, "--format", form), PAGEOWNER_PAGER=UPPER)
    assert "ROW 0" in seen
    assert "ROW 199" in seen
    assert "row" not in seen


def test_short_output_does_not(loaded: Tool) -> None:
    assert "a row" in on_terminal(*loaded.arguments(*SHORT), PAGEOWNER_PAGER=UPPER)


@pytest.mark.thorough
def test_a_pager_can_be_refused(loaded: Tool) -> None:
    words = ("--no-pager", *loaded.arguments(*LONG))
    assert "row 199" in on_terminal(*words, PAGEOWNER_PAGER=UPPER)
    assert "row 199" in on_terminal(*loaded.arguments(*LONG), PAGEOWNER_PAGER="", PAGER=UPPER)
    assert "row 199" in on_terminal(*loaded.arguments(*LONG), PAGEOWNER_PAGER="no-such-program")


def test_a_pipe_has_none(loaded: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGEOWNER_PAGER", UPPER)
    assert "row 199" in loaded.ok(*LONG).out


def test_a_pager_that_is_left_early_is_not_an_error(loaded: Tool) -> None:
    seen = on_terminal(*loaded.arguments(*LONG), PAGEOWNER_PAGER="head -n 3")
    assert "row 0" in seen
    assert "row 199" not in seen


def test_without_words_it_says_what_to_do_first(loaded: Tool) -> None:
    out = loaded.ok().out
    assert "pageowner-sql load DUMP" in out
    assert max(map(len, out.splitlines()[1:])) <= 80


@pytest.mark.parametrize("words", [["-h"], ["top", "-h"], ["dumps", "rm", "-h"], ["sort", "-h"]])
def test_h_is_help(loaded: Tool, words: list[str]) -> None:
    assert loaded.ok(*words).out.startswith("Usage: ")
