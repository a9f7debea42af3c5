"""Bars next to the numbers of a table, on terminals that are wide enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.bar import Bar
    from rich.console import RenderableType

# The first of these columns that a table has is drawn.
_DRAWN = ("share", "delta_bytes")
_LEAST_WIDTH = 80
_SHORTEST, _LONGEST = 8, 24


@dataclass(frozen=True)
class Drawn:
    """A column of pictures, one per row, all of the same width in characters."""

    name: str
    width: int
    cells: Sequence[RenderableType]


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
    both = min(values) < 0
    return Drawn("", length, [_bar(value, most, length, both=both) for value in values])


def _value(value: Any) -> float:
    """The value as a length; missing and infinite values have length 0."""
    number = 0.0 if value is None else float(value)
    return number if math.isfinite(number) else 0.0


def _bar(value: float, most: float, length: int, *, both: bool) -> Bar:
    from rich.bar import Bar

    if not both:
        return Bar(most, 0, value, width=length, color="blue")
    color = "red" if value > 0 else "green"
    return Bar(2 * most, most + min(value, 0), most + max(value, 0), width=length, color=color)
