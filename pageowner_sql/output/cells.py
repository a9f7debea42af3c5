"""One value of a result as text, for tables and Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.output.units import count, share, signed, size
from pageowner_sql.store.units import Unit

# The kernel's multi-line texts; in any other column a line break is part of a name.
_LINES = ("stack", "function_stack", "text", "sql", "explain_value", "description")
_SIDES = ("old_", "new_", "delta_")
_FRAME = re.compile(r"[\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+")


@dataclass(frozen=True)
class ColumnFormat:
    """How a column is shown: its heading, its alignment and the format of its values.

    `lines`: values may have several lines. `null` stands for a missing value.
    """

    name: str
    right: bool
    lines: bool
    write: Callable[[Any], str]
    null: str = ""


def has_lines(name: str) -> bool:
    """Whether the values of a column with text are several lines each."""
    bare = next((name.removeprefix(side) for side in _SIDES if name.startswith(side)), name)
    return bare in _LINES or bare.endswith(("_stack", "_text"))


def column(
    name: str, *, numeric: bool, unit: Unit | None = None, raw: bool = False, null: str = ""
) -> ColumnFormat:
    """The column of that name; `raw` prints numbers without units."""
    if numeric:
        write = str if raw else _number_writer(name, unit)
        return ColumnFormat(printable(name), right=True, lines=False, write=write, null=null)
    lines = has_lines(name)
    write = _lines if lines else printable
    return ColumnFormat(printable(name), right=False, lines=lines, write=write, null=null)


_WRITERS: Mapping[Unit | None, Callable[[Any], str]] = {
    Unit.BYTES: size,
    Unit.BYTES_PER_HOUR: lambda value: f"{size(value)}/h",
    Unit.SHARE: share,
    Unit.COUNT: count,
    None: str,
}


def _number_writer(name: str, unit: Unit | None) -> Callable[[Any], str]:
    write = _WRITERS[unit]
    return (lambda value: signed(write(value))) if unit and name.startswith("delta_") else write


def _lines(value: str) -> str:
    return printable_lines(value).rstrip("\n")


def cell(shown: ColumnFormat, value: Any) -> str:
    """A value of the column as text."""
    if value is None:
        return shown.null
    finite = not isinstance(value, float) or math.isfinite(value)
    return shown.write(value) if finite else str(value)


def cells(shown: ColumnFormat, values: Sequence[Any]) -> list[str]:
    """The values of the column as texts, as `cell` makes them."""
    if shown.right:
        return [cell(shown, value) for value in values]
    texts = [shown.null if value is None else value for value in values]
    # Nearly all text is plain, and looking at all of it at once is faster than at each.
    whole = "".join(texts)
    return texts if whole.isascii() and whole.isprintable() else [*map(shown.write, texts)]


def by_values(shown: ColumnFormat, values: Sequence[Any]) -> ColumnFormat:
    """The column, shown as stacks if its values are stacks, whatever it is called."""
    if shown.right or shown.lines:
        return shown
    lines = any(value and "\n" in value and _FRAME.match(value) for value in values)
    return replace(shown, lines=True, write=_lines) if lines else shown
