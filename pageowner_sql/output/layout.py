"""How a table fits a terminal: which columns it has room for, and how wide each is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.output.cells import Column, cell

# What stands between two columns: a blank on either side, and the line that the box leaves out.
GAP = 3
# A word of text is broken only where it is longer than this: the length of most frames.
_LONG_WORD = 40
_LEAST_TEXT = 20


@dataclass(frozen=True)
class Sheet:
    """Rows as texts. `heads`: the headings, maybe in lines; `widths`: of each column by nature."""

    columns: Sequence[Column]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    least: Sequence[int]

    @property
    def has_lines(self) -> bool:
        """Whether values have several lines, as stacks do."""
        return any(shown.lines for shown in self.columns)

    def without(self, names: Sequence[str]) -> Sheet:
        """The same without the columns of these names."""
        kept = [at for at, shown in enumerate(self.columns) if shown.name not in names]
        return Sheet(
            [self.columns[at] for at in kept],
            [self.heads[at] for at in kept],
            [[row[at] for at in kept] for row in self.rows],
            [self.widths[at] for at in kept],
            [self.least[at] for at in kept],
        )


def total(widths: Sequence[int]) -> int:
    """The width of a table with columns so wide."""
    return sum(widths) + GAP * max(len(widths) - 1, 0)


def sheet(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Sheet:
    """The rows as texts, and how wide they are."""
    texts = [[cell(*pair) for pair in zip(columns, row, strict=True)] for row in rows]
    heads = [shown.name for shown in columns]
    bodies = [_widest(row[place] for row in texts) for place in range(len(columns))]
    widths = [max(body, _width(head)) for body, head in zip(bodies, heads, strict=True)]
    return Sheet(columns, heads, texts, widths, _least(columns, heads, texts, widths))


def fitted(whole: Sheet, room: int) -> tuple[Sheet, list[str]] | None:
    """The columns that `room` holds, at their widths, and the names of those left out.

    Headings of numbers go into lines first, then text is folded, then what can be spared goes.
    None where that does not help.
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
    """Widths that fill `room`: what is wide is narrowed first, and all that is, to one width."""
    each = list(zip(narrow.least, narrow.widths, strict=True))
    for most in range(room, 0, -1):
        widths = [max(least, min(width, most)) for least, width in each]
        if total(widths) <= room:
            return widths
    return list(narrow.least)


def _low_heads(whole: Sheet) -> Sheet:
    """The headings of numbers in lines, no wider than their numbers where that can be."""
    heads, widths, least = list(whole.heads), list(whole.widths), list(whole.least)
    for place, shown in enumerate(whole.columns):
        if shown.right:
            body = _widest(row[place] for row in whole.rows)
            heads[place] = _in_lines(shown.name, body)
            widths[place] = least[place] = max(body, _width(heads[place]))
    return replace(whole, heads=heads, widths=widths, least=least)


def _in_lines(name: str, room: int) -> str:
    """A name broken behind its underscores."""
    parts = name.replace("_", "_\n").split("\n")
    room = max(room, *map(len, parts))
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) > room:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _spare(narrow: Sheet) -> Iterator[list[str]]:
    """Columns to do without, the first to go first: what others say too, in another way."""
    names = [shown.name for shown in narrow.columns]
    pages = [name for name in names if name.endswith("pages")]
    yield [name for name in pages if f"{name.removesuffix('pages')}bytes" in names]
    sides = ["old_records", "new_records"] if "delta_records" in names else []
    yield [name for name in sides if name in names]
    # Of suspects, why says in words what these say.
    evidence = ("evenness", "growth_share", "survivors_share", "hours_left")
    yield from ([name] for name in evidence if {name, "why"} <= set(names))


def _least(
    columns: Sequence[Column],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> list[int]:
    """How narrow each column can be. Numbers are not folded; text is, between words."""
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
