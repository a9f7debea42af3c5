"""Rows as a table: fitted to the terminal, and safe to display."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, zip_longest
from typing import Any, TextIO

from pageowner_sql.output.bars import Drawn, bars
from pageowner_sql.output.cells import ColumnFormat
from pageowner_sql.output.layout import (
    GAP,
    INDENT,
    OmittedRows,
    Sheet,
    fit_columns,
    fold_text,
    pad,
    sheet,
    total,
    widest,
    width,
)
from pageowner_sql.output.plain import printable
from pageowner_sql.output.stacks import STACK, STACK_ID, folded_stacks
from pageowner_sql.output.style import Style, apply_style, has_colour
from pageowner_sql.output.trend import Trend
from pageowner_sql.output.units import count

# Rows that are laid out together; a longer table is drawn piece by piece.
PIECE = 4096

_SPACES = " " * GAP
_Line = Sequence[tuple[str, Style | None]]
_Look = Callable[[str, int], Style | None]
_Beside = tuple[Trend | None, Mapping[int, int] | None]

_WORDS = {
    **dict.fromkeys(("leak", "new"), Style.RED),
    **dict.fromkeys(("growing", "grown"), Style.YELLOW),
    **dict.fromkeys(("gone", "shrunk", "steady"), Style.GREEN),
}
_SIGNS = {"+": Style.RED, "\N{MINUS SIGN}": Style.GREEN}


def write_table(  # noqa: PLR0913  # what stands in, beside and below a table
    file: TextIO,
    columns: Sequence[ColumnFormat],
    rows: Iterable[Sequence[Any]],
    caption: str | None = None,
    trend: Trend | None = None,
    *,
    left_out: OmittedRows | None = None,
    owners: Mapping[int, int] | None = None,
) -> None:
    """Draw the rows to `file`, with `caption` on a line below.

    On a narrow terminal text is folded; if that does not help, each row becomes a block of lines.
    Without a terminal nothing is folded, whatever $COLUMNS is: a line is a row. Control characters
    in values are spelled out. Sizes and shares have units, and on a terminal bars, and sparklines
    if there is a `trend`. `left_out` are rows that are not in `rows`. On a terminal columns
    without values are omitted, and with `owners` (the place of the owner's frame, by stack_id) the
    frames before the owner's.
    """
    colour = has_colour(file)
    lines = _drawn(file, columns, iter(rows), (trend, owners), left_out)
    file.writelines(_written(line, colour=colour) for line in lines)
    if caption is not None:
        room = shutil.get_terminal_size().columns if file.isatty() else 0
        file.writelines(f"{line}\n" for line in (fold_text(caption, room) if room else [caption]))


def _written(line: _Line, *, colour: bool) -> str:
    if colour:
        return "".join(apply_style(*part) for part in line).rstrip(" ") + "\n"
    return "".join(text for text, _ in line).rstrip(" ") + "\n"


def _drawn(
    file: TextIO,
    columns: Sequence[ColumnFormat],
    rows: Iterator[Sequence[Any]],
    beside: _Beside,
    left_out: OmittedRows | None,
) -> Iterator[_Line]:
    """The lines of the table. A long one is laid out in pieces, so that memory is bounded."""
    seen = file.isatty()
    room = shutil.get_terminal_size().columns
    widths = [0] * len(columns)
    first = True
    while (piece := list(islice(rows, PIECE))) or first:
        if seen:
            yield from _parts(columns, piece, room, beside, left_out)
        else:
            whole = sheet(columns, piece)
            # The columns of a later piece may be wider, not narrower.
            widths = [max(pair) for pair in zip(widths, whole.widths, strict=True)]
            yield from _table(replace(whole, widths=widths), (), left_out, headed=first)
        first = False


def _parts(
    columns: Sequence[ColumnFormat],
    rows: Sequence[Sequence[Any]],
    room: int,
    beside: _Beside,
    left_out: OmittedRows | None,
) -> Iterator[_Line]:
    """The largest form that fits: a table with pictures, a table, or a block for each row."""
    trend, owners = beside
    names = [column.name for column in columns]
    line = trend.drawn(names, rows) if trend and rows else None
    marked: Sequence[str | None] = [None] * len(rows)
    if owners and {STACK, STACK_ID} <= set(names):
        stacks = folded_stacks(names, rows, owners)
        rows, marked = stacks.rows, stacks.owners
    whole = sheet(columns, rows)
    empty = _without_values(names, rows)
    whole = whole.without(empty) if empty else whole
    said = [f"no values in: {', '.join(empty)}"] if empty else []
    looks = [_look(column.name, marked) for column in whole.columns]
    found = fit_columns(whole, room - line.width - GAP if line else room) or fit_columns(
        whole, room
    )
    if found is None:
        yield from _blocks(whole, (line, looks), room, left_out)
        yield from _said(said, room)
        return
    shown, gone = found
    pictures = [*([line] if line else []), *([bar] if (bar := bars(names, rows, room)) else [])]
    drawn = _that_fit(pictures, shown.widths, room)
    kept = [looks[at] for at, column in enumerate(whole.columns) if column.name not in gone]
    yield from _table(shown, drawn, left_out, looks=kept[: len(shown.columns)], room=room)
    if gone:
        said.append(f"omitted for lack of space: {', '.join(gone)}")
    if trend and line in drawn:
        said.append(f"trend: bytes in {', '.join(map(printable, trend.labels))}")
    yield from _said(said, room)


def _said(lines: Sequence[str], room: int) -> Iterator[_Line]:
    for text in lines:
        yield from ([(part, Style.DIM)] for part in fold_text(text, room))


def _that_fit(pictures: Sequence[Drawn], widths: Sequence[int], room: int) -> list[Drawn]:
    """The pictures that there is room for beside columns of these widths."""
    drawn: list[Drawn] = []
    for picture in pictures:
        if total([*widths, *(each.width for each in drawn), picture.width]) <= room:
            drawn.append(picture)
    return drawn


def _without_values(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """The columns that have no value in any row; none where that is all of them."""
    empty = [name for at, name in enumerate(names) if all(row[at] is None for row in rows)]
    return empty if rows and len(empty) < len(names) else []


def _look(name: str, marked: Sequence[str | None]) -> _Look | None:
    """How a line of a cell looks, by its text and the row's number."""
    if name == STACK:
        return lambda text, row: _frame_look(text, marked[row])
    if name in ("verdict", "status"):
        return lambda text, _row: _WORDS.get(text)
    if name.startswith("delta_"):
        return lambda text, _row: _SIGNS.get(text.lstrip()[:1])
    return None


def _frame_look(text: str, owner: str | None) -> Style | None:
    if text.startswith("… "):
        return Style.DIM
    return Style.BOLD if text == owner else None


def _table(
    shown: Sheet,
    drawn: Sequence[Drawn],
    left_out: OmittedRows | None,
    *,
    looks: Sequence[_Look | None] = (),
    headed: bool = True,
    room: int = 0,
) -> Iterator[_Line]:
    widths = [*shown.widths, *(picture.width for picture in drawn)]
    if headed:
        yield from _headings(shown, drawn)
        yield [("─" * total(widths), None)]
    elif shown.has_lines:
        yield []
    below = shown.below[1] if shown.below else None
    if (
        not below
        and not drawn
        and not any(looks)
        and not any(map(_is_long, shown.texts, shown.widths))
    ):
        yield from _plain_rows(shown, left_out)
        return
    spaced = shown.has_lines
    rights = [shown.right for shown in shown.columns] + [False] * len(drawn)
    styles = [picture.styles for picture in drawn]
    pictures = [picture.cells for picture in drawn]
    for place, row in enumerate(zip(*shown.texts, *pictures, strict=True)):
        if spaced and place:
            yield []
        yield from _left_out(left_out, place)
        folds = [fold_text(text, room) for text, room in zip(row, widths, strict=True)]
        pictured = [each[place] if each else None for each in styles]
        for parts in zip_longest(*folds, fillvalue=""):
            seen = [
                look(text, place) if look else None
                for look, text in zip_longest(looks, parts[: len(shown.columns)])
            ]
            yield [*_line(parts, widths, rights, [*seen, *pictured])]
        if below:
            yield from _below(below[place], room)


def _below(text: str, room: int) -> Iterator[_Line]:
    for part in fold_text(text, room - INDENT) if text else ():
        yield [(" " * INDENT, None), (part, None)]


def _is_long(texts: Sequence[str], room: int) -> bool:
    """Whether some text has several lines, or is folded."""
    return any("\n" in text for text in texts) or widest(texts) > room


def _plain_rows(shown: Sheet, left_out: OmittedRows | None) -> Iterator[_Line]:
    """Rows of one line each, without pictures: a column at a time is fastest."""
    filled = [
        [pad(text, room, right=column.right) for text in texts]
        for column, texts, room in zip(shown.columns, shown.texts, shown.widths, strict=True)
    ]
    for place, row in enumerate(zip(*filled, strict=True)):
        yield from _left_out(left_out, place)
        yield [(_SPACES.join(row), None)]


def _left_out(left_out: OmittedRows | None, place: int) -> Iterator[_Line]:
    if left_out and left_out.rows and place == left_out.after:
        rows = "row" if left_out.rows == 1 else "rows"
        yield [(f"… {count(left_out.rows)} more {rows} …", Style.DIM)]


def _headings(shown: Sheet, drawn: Sequence[Drawn]) -> Iterator[_Line]:
    heads = [head.split("\n") for head in shown.heads]
    heads += [[picture.name] for picture in drawn]
    widths = [*shown.widths, *(picture.width for picture in drawn)]
    rights = [shown.right for shown in shown.columns] + [False] * len(drawn)
    height = max(map(len, heads), default=0)
    for parts in zip(*([""] * (height - len(head)) + head for head in heads), strict=True):
        yield [*_line(parts, widths, rights, [Style.BOLD] * len(widths))]
    if shown.below:
        yield [(" " * INDENT, None), (shown.below[0], Style.BOLD)]


def _line(
    parts: Sequence[str],
    widths: Sequence[int],
    rights: Sequence[bool],
    looks: Sequence[Style | None],
) -> Iterator[tuple[str, Style | None]]:
    for at, (text, room, right, look) in enumerate(zip(parts, widths, rights, looks, strict=True)):
        if at:
            yield _SPACES, None
        spaces = " " * (room - width(text))
        if right:
            yield spaces, None
        yield text, look
        if not right:
            yield spaces, None


def _blocks(
    whole: Sheet,
    beside: tuple[Drawn | None, Sequence[_Look | None]],
    room: int,
    left_out: OmittedRows | None,
) -> Iterator[_Line]:
    """Each row as lines of name and value, below a line with the row's number.

    What has no value has no line.
    """
    line, looks = beside
    names = [*(column.name for column in whole.columns), *([line.name] if line else [])]
    texts = [*whole.texts, *([line.cells] if line else [])]
    # A very narrow terminal gives the names up to half of it.
    left = min(max(map(width, names), default=0), max(room // 2, 1))
    for place, row in enumerate(zip(*texts, strict=True)):
        yield from _left_out(left_out, place)
        skipped = left_out.rows if left_out and place >= left_out.after else 0
        number = place + 1 + skipped
        yield [(f"{number} ".ljust(room, "─"), None)]
        for name, text, look in zip_longest(names, row, looks):
            if not text:
                continue
            pairs = zip_longest(
                fold_text(name, left), fold_text(text, max(room - left - 2, 1)), fillvalue=""
            )
            for name_part, part in pairs:
                style = look(part, place) if look else None
                yield [
                    (pad(name_part, left, right=False), Style.BOLD),
                    ("  ", None),
                    (part, style),
                ]


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()
