"""Fits a table into a terminal: chooses its columns and their widths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.output.cells import Column, cell

# The space between two columns: a blank on either side, and the box's invisible line.
GAP = 3
# Only words longer than this are broken: the length of most frames.
_LONG_WORD = 40
_LEAST_TEXT = 20


@dataclass(frozen=True)
class Sheet:
    """Rows as texts. `heads`: headings, possibly of several lines; `widths`: natural widths."""

    columns: Sequence[Column]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    least: Sequence[int]

    @property
    def has_lines(self) -> bool:
        """Whether values have several lines, like stacks."""
        return any(shown.lines for shown in self.columns)

    def without(self, names: Sequence[str]) -> Sheet:
        """The sheet without the columns of these names."""
        kept = [at for at, shown in enumerate(self.columns) if shown.name not in names]
        return Sheet(
            [self.columns[at] for at in kept],
            [self.heads[at] for at in kept],
            [[row[at] for at in kept] for row in self.rows],
            [self.widths[at] for at in kept],
            [self.least[at] for at in kept],
        )


def total(widths: Sequence[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(widths) + GAP * max(len(widths) - 1, 0)


def sheet(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Sheet:
    """The rows as texts, with their widths."""
    texts = [[cell(*pair) for pair in zip(columns, row, strict=True)] for row in rows]
    heads = [shown.name for shown in columns]
    bodies = [_widest(row[place] for row in texts) for place in range(len(columns))]
    widths = [max(body, _width(head)) for body, head in zip(bodies, heads, strict=True)]
    return Sheet(columns, heads, texts, widths, _least(columns, heads, texts, widths))


def fitted(whole: Sheet, room: int) -> tuple[Sheet, list[str]] | None:
    """The columns that fit into `room`, with their widths, and the names of the omitted ones.

    First headings of numbers are broken into lines, then text is folded, then columns are
    omitted. None if nothing helps.
    """
    if total(whole.widths) <= room:
        return whole, []
    narrow = _low_heads(whole)
    gone: list[str] = []
    for names in ([], *([] if whole.has_lines else _spare(narrow))):
        gone += names
        rest = narrow.without(gone)
        if total(rest.least) <= room:
            return replace(rest, widths=_shared(rest, room)), gone
    return None


def _shared(narrow: Sheet, room: int) -> list[int]:
    """Widths that fill `room`: the widest columns are narrowed first, to an equal width."""
    each = list(zip(narrow.least, narrow.widths, strict=True))
    for most in range(room, 0, -1):
        widths = [max(least, min(width, most)) for least, width in each]
        if total(widths) <= room:
            return widths
    return list(narrow.least)


def _low_heads(whole: Sheet) -> Sheet:
    """Break the headings of numbers into lines, not wider than the numbers if possible."""
    heads, widths, least = list(whole.heads), list(whole.widths), list(whole.least)
    for place, shown in enumerate(whole.columns):
        if shown.right:
            body = _widest(row[place] for row in whole.rows)
            heads[place] = _in_lines(shown.name, body)
            widths[place] = least[place] = max(body, _width(heads[place]))
    return replace(whole, heads=heads, widths=widths, least=least)


def _in_lines(name: str, room: int) -> str:
    """A name broken after its underscores."""
    parts = name.replace("_", "_\n").split("\n")
    room = max(room, *map(len, parts))
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) > room:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _spare(narrow: Sheet) -> Iterator[list[str]]:
    """Columns to omit, in this order: other columns contain the same information."""
    names = [shown.name for shown in narrow.columns]
    pages = [name for name in names if name.endswith("pages")]
    yield [name for name in pages if f"{name.removesuffix('pages')}bytes" in names]
    sides = ["old_records", "new_records"] if "delta_records" in names else []
    yield [name for name in sides if name in names]
    # For suspects, column why contains the same in words.
    evidence = ("evenness", "growth_share", "survivors_share", "hours_left")
    yield from ([name] for name in evidence if {name, "why"} <= set(names))


def _least(
    columns: Sequence[Column],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> list[int]:
    """The smallest width of each column. Text is folded between words, numbers are not folded."""
    least = list(widths)
    for place, shown in enumerate(columns):
        if not shown.right:
            texts = [heads[place], *(row[place] for row in rows)]
            word = max(_widest(text.split()) for text in texts)
            least[place] = min(widths[place], _LONG_WORD, max(_LEAST_TEXT, word))
    return least


def _widest(texts: Any) -> int:
    return max(map(_width, texts), default=0)


def _width(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))
