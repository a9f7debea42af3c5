"""Rows as a table: fitted to the terminal, and safe to display."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from pageowner_sql.output.bars import Drawn, bars
from pageowner_sql.output.cells import Column
from pageowner_sql.output.layout import GAP, Sheet, fitted, sheet, total
from pageowner_sql.output.plain import printable
from pageowner_sql.output.trend import Trend

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text


def write_table(
    file: TextIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    caption: str | None = None,
    trend: Trend | None = None,
) -> None:
    """Draw the rows to `file`, with `caption` on a line below.

    On a narrow terminal text is folded; if that does not help, each row becomes a block of lines.
    Without a terminal nothing is folded, whatever $COLUMNS is: a line is a row. Control characters
    in values are spelled out. Sizes and shares have units, and on a terminal bars, and sparklines
    if there is a `trend`.
    """
    # A table needs all rows in memory for its layout.
    rows = list(rows)
    whole = sheet(columns, rows)
    console = _console(file, total(whole.widths))
    seen = file.isatty()
    for part in _parts(whole, rows, console.width, trend) if seen else [_table(whole)]:
        console.print(part)
    if caption is not None:
        console.print(_as_text(caption), soft_wrap=True)


def _console(file: TextIO, width: int) -> Console:
    """The terminal, or for other files a console of `width` columns without colour."""
    from rich.console import Console

    terminal = file.isatty()
    return Console(
        file=file,
        width=None if terminal else max(width, 1),
        force_terminal=None if terminal and not os.environ.get("NO_COLOR") else False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _parts(
    whole: Sheet, rows: Sequence[Sequence[Any]], room: int, trend: Trend | None
) -> Iterable[RenderableType]:
    """The largest form that fits: a table with pictures, a table, or a block for each row."""
    names = [column.name for column in whole.columns]
    line = trend.drawn(names, rows) if trend and rows else None
    found = fitted(whole, room - line.width - GAP if line else room) or fitted(whole, room)
    if found is None:
        return _blocks(whole, line)
    shown, gone = found
    widths = list(shown.widths)
    drawn = []
    for picture in (line, bars(names, rows, room)):
        if picture and total([*widths, picture.width]) <= room:
            widths.append(picture.width)
            drawn.append(picture)
    said = [f"omitted for lack of space: {', '.join(gone)}"] if gone else []
    if trend and line in drawn:
        said.append(f"trend: bytes in {', '.join(map(printable, trend.labels))}")
    return [_table(shown, drawn), *map(_as_text, said)]


def _table(shown: Sheet, drawn: Sequence[Drawn] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_lines=shown.has_lines)
    for column, head, width in zip(shown.columns, shown.heads, shown.widths, strict=True):
        table.add_column(
            _as_text(head),
            width=width,
            justify="right" if column.right else "left",
            overflow="fold",
        )
    for picture in drawn:
        table.add_column(picture.name, width=picture.width)
    for place, row in enumerate(shown.rows):
        table.add_row(*map(_as_text, row), *(picture.cells[place] for picture in drawn))
    return table


def _blocks(whole: Sheet, line: Drawn | None) -> Iterator[RenderableType]:
    """Each row as lines of name and value, below a line with the row's number."""
    from rich.rule import Rule
    from rich.table import Table

    for number, row in enumerate(whole.rows, start=1):
        yield Rule(str(number), align="left", style="none")
        block = Table.grid(padding=(0, 2, 0, 0))
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for column, text in zip(whole.columns, row, strict=True):
            block.add_row(_as_text(column.name), _as_text(text))
        if line:
            block.add_row(line.name, line.cells[number - 1])
        yield block


def _as_text(text: str) -> Text:
    """`text` as it is: names are not markup."""
    from rich.text import Text

    return Text(text)


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()
