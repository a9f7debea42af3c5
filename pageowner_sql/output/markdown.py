"""Rows as a Markdown table, with every value as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from pageowner_sql.output.cells import ColumnFormat, cell

# Characters with a meaning in Markdown, HTML, or GitHub's links, mentions and formulas.
_SPECIAL = re.compile(r"[\\`*_\[\]|~:@#$]|(?<=www)\.|[<>&]|^ | $")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", " ": "&#32;"}


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    return _ENTITIES.get(char, f"\\{char}")


def inert(text: str) -> str:
    """`text` escaped for Markdown; a line break becomes `<br>`."""
    return "<br>".join(_SPECIAL.sub(_escaped, line) for line in text.split("\n"))


def write_markdown(
    file: TextIO, columns: Sequence[ColumnFormat], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a table in GitHub's Markdown, row by row."""
    file.write(_line(inert(shown.name) for shown in columns))
    file.write(_line("--:" if shown.right else "---" for shown in columns))
    file.writelines(
        _line(inert(cell(*pair)) for pair in zip(columns, row, strict=True)) for row in rows
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
