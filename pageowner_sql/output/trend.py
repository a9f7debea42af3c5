"""Sparklines: how much each row's key held, in one dump after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pageowner_sql.output.bars import Drawn

_HEAD = "trend"


@dataclass(frozen=True)
class Trend:
    """What keys held in each dump of `labels`, in order: `held` by the values of columns `keys`."""

    keys: Sequence[str]
    labels: Sequence[str]
    held: Mapping[tuple[Any, ...], Sequence[int]]

    def drawn(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Drawn:
        """One sparkline a row, from nothing to the row's own most; none for a row without key."""
        places = [names.index(key) for key in self.keys]
        lines = [_line(self.held.get(tuple(row[place] for place in places))) for row in rows]
        return Drawn(_HEAD, max(len(_HEAD), len(self.labels)), lines)


def _line(numbers: Sequence[int] | None) -> str:
    from sparklines import sparklines

    if not numbers:
        return ""
    [line] = sparklines(list(numbers), minimum=0, maximum=max(*numbers, 1))
    return str(line)
