"""What changed between two dumps, or between two sides of several, as a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Where


@dataclass(frozen=True)
class Sides:
    """The labels of the dumps on both sides; several on a side count as their median.

    `old_unknown`, `new_unknown`: which of records, pages, bytes a side does not count.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    old_unknown: frozenset[str] = frozenset()
    new_unknown: frozenset[str] = frozenset()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, each once."""
        return tuple(dict.fromkeys((*self.old, *self.new)))

    @property
    def medians(self) -> bool:
        """Whether a side has more than one dump."""
        return len(self.old) > 1 or len(self.new) > 1

    def unknown(self, side: str) -> frozenset[str]:
        """What side `old` or `new` does not count."""
        return self.old_unknown if side == "old" else self.new_unknown

    @property
    def main(self) -> str:
        """What groups are compared and ordered by: bytes where both sides know them."""
        return "records" if "bytes" in self.old_unknown | self.new_unknown else "bytes"


def diff_query(
    keys: Grouping | Sequence[Grouping],
    where: Where,
    sides: Sides,
    *,
    min_delta: int = 0,
    limit: int | None = None,
) -> Query:
    """One row a group: status, its keys, old_, new_ and delta_ of records, pages and bytes.

    `keys` are one grouping, or the same keys for each source that the dumps are of.

    status is new, gone, grown, shrunk or same. Groups that changed by less than `min_delta` bytes,
    and those behind the first `limit`, are one last row of status rest. The rows add up to the two
    dumps exactly, unless a side is a median of several dumps or the key is function.
    """
    parts = (keys,) if isinstance(keys, Grouping) else tuple(keys)
    where = replace(where, labels=sides.labels)
    parameters = {
        **where.parameters(),
        "old": list(sides.old),
        "new": list(sides.new),
        "min_delta": min_delta,
        "limit": limit,
    }
    return render(
        "diff",
        parameters,
        keys=parts[0],
        parts=parts,
        where=where,
        sides=sides,
        min_delta=min_delta > 0,
        limit=limit,
    )
