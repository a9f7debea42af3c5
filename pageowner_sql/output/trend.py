"""Sparklines: the memory of each row's key, from dump to dump."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pageowner_sql.output.bars import Drawn

_HEAD = "trend"


@dataclass(frozen=True)
class Trend:
    """The memory of keys in each dump of `labels`: `held`, by the values of columns `keys`."""

    keys: Sequence[str]
    labels: Sequence[str]
    held: Mapping[tuple[Any, ...], Sequence[int]]

    def drawn(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Drawn:
        """One sparkline per row, from 0 to the row's maximum; none for a row without a key."""
        places = [names.index(key) for key in self.keys]
        lines = [_line(self.held.get(tuple(row[place] for place in places))) for row in rows]
        return Drawn(_HEAD, max(len(_HEAD), len(self.labels)), lines)


def _line(numbers: Sequence[int] | None) -> str:
    from sparklines import sparklines

    if not numbers:
        return ""
    [line] = sparklines(list(numbers), minimum=0, maximum=max(*numbers, 1))
    return str(line)
