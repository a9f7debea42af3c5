"""Rows that two engines, or two runs, give: equal but for the order in which doubles were added."""

from __future__ import annotations

import math
from collections.abc import Sequence


def same_rows(one: Sequence[Sequence[object]], other: Sequence[Sequence[object]]) -> bool:
    """Whether rows are equal, in order; numbers with a fraction to seven digits."""
    return len(one) == len(other) and all(
        len(left) == len(right) and all(map(_same, left, right))
        for left, right in zip(one, other, strict=True)
    )


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-9)
    return type(one) is type(other) and one == other
