"""One value of a result as text, for tables and Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.output.units import count, share, signed, size

_COUNTS = ("records", "pages", "rejected")
# The kernel's multi-line texts; in any other column a line break is part of a name.
_LINES = ("stack", "function_stack", "text", "sql", "explain_value", "description")
_SIDES = ("old_", "new_", "delta_")
# The value of these functions has the unit of their column.
_SAME_UNIT = re.compile(r'(?:sum|min|max|avg|median|mean|first|last|any_value)\("?(\w+)"?\)')
_FRAME = re.compile(r"[\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+")


@dataclass(frozen=True)
class Column:
    """How a column is shown: its heading, its alignment and the format of its values.

    `lines`: values may have several lines. `null` stands for a missing value.
    """

    name: str
    right: bool
    lines: bool
    write: Callable[[Any], str]
    null: str = ""


def column(name: str, *, numeric: bool, raw: bool = False, null: str = "") -> Column:
    """The column of that name; `raw` prints numbers without units."""
    inner = _SAME_UNIT.fullmatch(name)
    bare = inner[1] if inner else name
    bare = next((bare.removeprefix(side) for side in _SIDES if bare.startswith(side)), bare)
    if numeric:
        write = str if raw else _number_writer(name, bare)
        return Column(printable(name), right=True, lines=False, write=write, null=null)
    lines = bare in _LINES or bare.endswith(("_stack", "_text"))
    write = _lines if lines else printable
    return Column(printable(name), right=False, lines=lines, write=write, null=null)


def _number_writer(name: str, bare: str) -> Callable[[Any], str]:
    write = _unit_writer(bare)
    return (lambda value: signed(write(value))) if name.startswith("delta_") else write


def _unit_writer(name: str) -> Callable[[Any], str]:
    if name == "bytes" or name.endswith("_bytes"):
        return lambda value: size(int(value))
    if name.endswith("_bytes_per_hour"):
        return lambda value: f"{size(value)}/h"
    if name == "share" or name.endswith("_share"):
        return share
    return count if name in _COUNTS or name.endswith(("_records", "_pages")) else str


def _lines(value: str) -> str:
    return printable_lines(value).rstrip("\n")


def cell(shown: Column, value: Any) -> str:
    """A value of the column as text."""
    if value is None:
        return shown.null
    finite = not isinstance(value, float) or math.isfinite(value)
    return shown.write(value) if finite else str(value)


def cells(shown: Column, values: Sequence[Any]) -> list[str]:
    """The values of the column as texts, as `cell` makes them."""
    if shown.right:
        return [cell(shown, value) for value in values]
    texts = [shown.null if value is None else value for value in values]
    # Nearly all text is plain, and looking at all of it at once is faster than at each.
    whole = "".join(texts)
    return texts if whole.isascii() and whole.isprintable() else [*map(shown.write, texts)]


def by_values(shown: Column, values: Sequence[Any]) -> Column:
    """The column, shown as stacks if its values are stacks, whatever it is called."""
    if shown.right or shown.lines:
        return shown
    lines = any(value and "\n" in value and _FRAME.match(value) for value in values)
    return replace(shown, lines=True, write=_lines) if lines else shown
