"""The documentation that is installed, on a terminal and elsewhere."""

import pytest

from tests.support import ROOT
from tests.support.tool import Tool, on_terminal

PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


def test_the_list_has_every_page_with_its_title(tool: Tool) -> None:
    listed = tool.ok("docs").out.splitlines()
    assert [line.split()[0] for line in listed] == PAGES
    assert "Filters" in next(line for line in listed if line.startswith("filters "))


def test_a_page_is_markdown_off_a_terminal(tool: Tool) -> None:
    assert tool.ok("docs", "filters").out == (ROOT / "docs" / "filters.md").read_text("utf-8")


@pytest.mark.sampled
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_terminal(tool: Tool, page: str) -> None:
    seen = on_terminal(*tool.arguments("docs", page), columns=80, NO_COLOR="1", PAGER="cat")
    lines = seen.replace("\r\n", "\n").splitlines()
    assert len(lines) > 20
    assert max(map(len, lines)) <= 80
    assert "<!--" not in seen
    assert "\x1b[" not in seen


def test_a_page_that_is_not_there_suggests(tool: Tool) -> None:
    assert tool.fails(1, "docs", "tutoria").endswith("did you mean tutorial?")
    assert "there is architecture, " in tool.fails(1, "docs", "zzz")
