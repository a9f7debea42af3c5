"""The documentation that is installed: its pages, and how a terminal shows one."""

from __future__ import annotations

import io
import re
import shutil
import sys
from difflib import get_close_matches
from pathlib import Path

from pageowner_sql.errors import InputError
from pageowner_sql.output.style import has_colour

_PACKAGE = Path(__file__).parent.parent
# What a terminal has room for, and eyes can follow.
_WIDEST = 100
# Pictures, and markers of generated parts.
_NOT_TEXT = re.compile(r"^!\[.*\]\(.*\)\n|<!--.*?-->\n?", re.MULTILINE | re.DOTALL)


def _folder() -> Path:
    """The folder of the pages: in the wheel, else in the checkout."""
    packaged = _PACKAGE / "docs"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "docs"


def manual_pages() -> dict[str, str]:
    """The title of each page, by its name."""
    titles = {}
    for path in sorted(_folder().glob("*.md"), key=lambda path: path.stem):
        with path.open(encoding="utf-8") as file:
            titles[path.stem] = file.readline().lstrip("# ").strip()
    return titles


def manual_page(name: str) -> str:
    """The Markdown of a page. Raises InputError where there is none of that name."""
    known = manual_pages()
    if name not in known:
        near = get_close_matches(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
        raise InputError(f"{name}: the documentation has no such page; {advice}")
    return (_folder() / f"{name}.md").read_text(encoding="utf-8")


def drawn_page(markdown: str) -> str:
    """Markdown as a terminal shows it."""
    from rich.console import Console
    from rich.markdown import Markdown

    file = io.StringIO()
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    colour = has_colour(sys.stdout)
    Console(file=file, width=width, force_terminal=colour, no_color=not colour).print(
        Markdown(_NOT_TEXT.sub("", markdown), hyperlinks=False)
    )
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
