"""`docs`: the documentation that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from pageowner_sql.output.manual import drawn_page, manual_page, manual_pages
from pageowner_sql.output.table import is_terminal
from pageowner_sql.output.targets import binary_output


def _pages(incomplete: str) -> Iterator[tuple[str, str]]:
    return (each for each in manual_pages().items() if each[0].startswith(incomplete))


Page = Annotated[
    str | None,
    typer.Argument(
        autocompletion=_pages, metavar="[PAGE]", help="A page [the list of all]", show_default=False
    ),
]


def docs(page: Page = None) -> None:
    """Show the documentation: a page, or the list of all.

    On a terminal it is laid out and goes through the pager; elsewhere it is Markdown.
    """
    if page is None:
        width = max(map(len, manual_pages()))
        text = "".join(f"{name:<{width}}  {title}\n" for name, title in manual_pages().items())
    else:
        text = manual_page(page)
        text = drawn_page(text) if is_terminal() else text
    with binary_output(None) as file:
        file.write(text.encode())
