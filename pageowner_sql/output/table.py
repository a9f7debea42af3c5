"""Rows as a table for people: as wide as the terminal, and safe to look at."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from pageowner_sql.output.bars import bars
from pageowner_sql.output.cells import Column, cell

if TYPE_CHECKING:
    from rich.table import Table

# Off a terminal nothing is folded: a line is a row, whatever reads it.
UNFOLDED = 1 << 14


def write_table(
    file: TextIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    caption: str | None = None,
) -> None:
    """Draw the rows to `file`, and `caption` on a line below.

    Control characters in values are spelled out; sizes and shares have units, and on a terminal
    bars.
    """
    from rich.console import Console

    terminal = file.isatty() and not os.environ.get("NO_COLOR")
    console = Console(
        file=file,
        width=None if file.isatty() or "COLUMNS" in os.environ else UNFOLDED,
        force_terminal=None if terminal else False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    table = _table(columns)
    # A table is laid out as a whole, so its rows are in memory in any case.
    rows = list(rows)
    drawn = bars([shown.name for shown in columns], rows, console.width) if terminal else None
    if drawn:
        table.add_column("")
    for place, row in enumerate(rows):
        cells = (_as_text(cell(*pair)) for pair in zip(columns, row, strict=True))
        table.add_row(*cells, *(drawn[place : place + 1] if drawn else ()))
    console.print(table)
    if caption is not None:
        console.print(_as_text(caption), soft_wrap=True)


def _table(columns: Sequence[Column]) -> Table:
    from rich import box
    from rich.table import Table

    apart = any(shown.lines for shown in columns)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_lines=apart)
    for shown in columns:
        table.add_column(
            _as_text(shown.name),
            justify="right" if shown.right else "left",
            no_wrap=shown.right,
            overflow="fold",
        )
    return table


def _as_text(text: str) -> Any:
    """`text` taken word for word: a name is no markup."""
    from rich.text import Text

    return Text(text)


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()
