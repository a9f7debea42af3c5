"""Fits a table into a terminal: chooses its columns and their widths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.output.cells import ColumnFormat, by_values, cells

# The spaces between two columns.
GAP = 3
# What text below its row is indented by.
INDENT = 4
# Only words longer than this are broken: the length of most frames.
_LONG_WORD = 40
_LEAST_TEXT = 20
# Lines of a cell at most, if its text can stand below the row.
_LINES = 3


@dataclass(frozen=True)
class Sheet:
    """Rows as texts, a sequence for each column.

    `heads`: headings, possibly of several lines; `widths`: natural widths. `below`: heading and
    texts of the last column where these stand on lines of their own, below their rows.
    """

    columns: Sequence[ColumnFormat]
    heads: Sequence[str]
    texts: Sequence[Sequence[str]]
    widths: Sequence[int]
    least: Sequence[int]
    below: tuple[str, Sequence[str]] | None = None

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
            [self.texts[at] for at in kept],
            [self.widths[at] for at in kept],
            [self.least[at] for at in kept],
        )


@dataclass(frozen=True)
class OmittedRows:
    """The `rows` of a result that a table does not show, after its row number `after`."""

    after: int
    rows: int


def total(widths: Sequence[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(widths) + GAP * max(len(widths) - 1, 0)


def sheet(columns: Sequence[ColumnFormat], rows: Sequence[Sequence[Any]]) -> Sheet:
    """The rows as texts, with their widths."""
    values: list[tuple[Any, ...]] = [*zip(*rows, strict=True)] if rows else [()] * len(columns)
    columns = [by_values(shown, each) for shown, each in zip(columns, values, strict=True)]
    texts = [cells(shown, each) for shown, each in zip(columns, values, strict=True)]
    heads = [shown.name for shown in columns]
    widths = [max(widest(body), width(head)) for body, head in zip(texts, heads, strict=True)]
    return Sheet(columns, heads, texts, widths, _least(columns, heads, texts, widths))


def fit_columns(whole: Sheet, room: int) -> tuple[Sheet, list[str]] | None:
    """The columns that fit into `room`, with their widths, and the names of the omitted ones.

    First headings of numbers are broken into lines, then text is folded or goes below its row,
    then columns are omitted. None if nothing helps.
    """
    if total(whole.widths) <= room:
        return whole, []
    narrow = _low_heads(whole)
    gone: list[str] = []
    for names in ([], *([] if whole.has_lines else _spare(narrow))):
        gone += names
        rest = narrow.without(gone)
        widths = _shared(rest, room) if total(rest.least) <= room else None
        if found := _lowered(rest, widths, room):
            return found, gone
        if widths:
            return replace(rest, widths=widths), gone
    return None


def _lowered(narrow: Sheet, widths: Sequence[int] | None, room: int) -> Sheet | None:
    """The sheet with its last column below, if cells of these widths would have many lines."""
    *others, last = narrow.columns
    if (
        last.right
        or narrow.has_lines
        or widest(narrow.texts[-1]) <= _LEAST_TEXT
        or total(narrow.widths[:-1]) > room
        or not others
    ):
        return None
    texts = narrow.texts[-1]
    if widths and all(len(fold_text(text, widths[-1])) <= _LINES for text in texts):
        return None
    heads, body, least = narrow.heads[:-1], narrow.texts[:-1], narrow.least[:-1]
    return Sheet(others, heads, body, narrow.widths[:-1], least, (last.name, texts))


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
            body = widest(whole.texts[place])
            heads[place] = _in_lines(shown.name, body)
            widths[place] = least[place] = max(body, width(heads[place]))
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


# Columns to omit where the column before them is there, too.
_SPARE = (
    ("delta_bytes", ("delta_records",)),
    # The line below an explanation says both.
    ("rule", ("subsystem_by", "is_owner")),
    # For suspects, column why contains the same in words.
    ("why", ("evenness", "growth_share", "survivors_share", "hours_left")),
)


def _spare(narrow: Sheet) -> Iterator[list[str]]:
    """Columns to omit, in this order: other columns contain the same information."""
    names = [shown.name for shown in narrow.columns]
    pages = [name for name in names if name.endswith("pages")]
    yield [name for name in pages if f"{name.removesuffix('pages')}bytes" in names]
    sides = ["old_records", "new_records"] if "delta_records" in names else []
    yield [name for name in sides if name in names]
    for beside, spare in _SPARE:
        yield from ([name] for name in spare if {name, beside} <= set(names))


def _least(
    columns: Sequence[ColumnFormat],
    heads: Sequence[str],
    texts: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> list[int]:
    """The smallest width of each column. Text is folded between words, numbers are not folded."""
    least = list(widths)
    for place, shown in enumerate(columns):
        if not shown.right and widths[place] > _LEAST_TEXT:
            most = min(widths[place], _LONG_WORD)
            found = _LEAST_TEXT
            for text in (heads[place], *texts[place]):
                if len(text) > found // 2:
                    found = max(found, widest(text.split()))
                if found >= most:
                    break
            least[place] = min(most, found)
    return least


def widest(texts: Iterable[str]) -> int:
    """The width of the widest text in characters of the terminal; 0 without texts."""
    texts = list(texts)
    whole = "".join(texts)
    if whole.isascii() and "\n" not in whole:
        return max(map(len, texts), default=0)
    return max(map(width, texts), default=0)


def width(text: str) -> int:
    """The width of the widest line of `text`."""
    if text.isascii():
        return len(text) if "\n" not in text else max(map(len, text.split("\n")))
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def pad(text: str, room: int, *, right: bool) -> str:
    """`text` of one line, filled up with spaces to `room`."""
    if text.isascii():
        return text.rjust(room) if right else text.ljust(room)
    spaces = " " * (room - width(text))
    return spaces + text if right else text + spaces


def fold_text(text: str, room: int) -> list[str]:
    """The lines of `text`, none wider than `room`: broken between words, long words anywhere."""
    lines = text.split("\n")
    if width(text) <= room:
        return lines
    return [piece for line in lines for piece in _folded_line(line, room)]


def _folded_line(line: str, room: int) -> Iterator[str]:
    if width(line) <= room:
        yield line
        return
    at = ""
    for word in line.split(" "):
        longer = f"{at} {word}" if at else word
        if width(longer) <= room:
            at = longer
            continue
        if at:
            yield at
        *pieces, at = _pieces(word, room)
        yield from pieces
    yield at


def _pieces(word: str, room: int) -> list[str]:
    """A word cut into pieces of at most `room`; at least one character each."""
    if width(word) <= room:
        return [word]
    if word.isascii():
        return [word[at : at + room] for at in range(0, len(word), room)]
    pieces = [""]
    for char in word:
        if pieces[-1] and width(pieces[-1] + char) > room:
            pieces.append("")
        pieces[-1] += char
    return pieces
