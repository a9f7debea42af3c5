"""Bars next to the numbers of a table, on terminals that are wide enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pageowner_sql.output.style import Style

# The first of these columns that a table has is drawn.
_DRAWN = ("share", "delta_bytes")
_LEAST_WIDTH = 80
_SHORTEST, _LONGEST = 8, 24
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL, _RIGHT_HALF = "█", "▐"


@dataclass(frozen=True)
class Drawn:
    """A column of pictures, one per row, all of the same width in characters."""

    name: str
    width: int
    cells: Sequence[str]
    styles: Sequence[Style] | None = None


def bars(names: Sequence[str], rows: Sequence[Sequence[Any]], width: int) -> Drawn | None:
    """One bar per row, scaled to the largest value; None without values or without room.

    If some values are negative, zero is in the middle: green to the left, red to the right.
    """
    drawn = next((name for name in _DRAWN if name in names), None)
    if drawn is None or width < _LEAST_WIDTH:
        return None
    values = [_value(row[names.index(drawn)]) for row in rows]
    most = max(map(abs, values), default=0.0)
    if not most:
        return None
    length = min(_LONGEST, max(_SHORTEST, width // 8))
    if min(values) >= 0:
        cells = [_rising(value / most, length) for value in values]
        return Drawn("", length, cells, [Style.BLUE] * len(cells))
    half = length // 2
    cells = [
        " " * half + _rising(value / most, half) if value > 0 else _falling(-value / most, half)
        for value in values
    ]
    return Drawn("", 2 * half, cells, [Style.RED if each > 0 else Style.GREEN for each in values])


def _value(value: Any) -> float:
    """The value as a length; missing and infinite values have length 0."""
    number = 0.0 if value is None else float(value)
    return number if math.isfinite(number) else 0.0


def _rising(part: float, length: int) -> str:
    """A bar from the left, in eighths of a character."""
    full, rest = divmod(round(part * length * 8), 8)
    return _FULL * full + _EIGHTHS[rest] * bool(rest)


def _falling(part: float, length: int) -> str:
    """A bar that ends at the right, in halves of a character: no font has finer ones."""
    full, half = divmod(round(part * length * 2), 2)
    return (_RIGHT_HALF * half + _FULL * full).rjust(length)
