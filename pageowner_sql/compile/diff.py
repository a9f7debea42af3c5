"""What changed between two dumps, or between two sides of several, as a query."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Where


@dataclass(frozen=True)
class Sides:
    """The labels of the dumps on both sides; several on a side count as their median."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, each once."""
        return tuple(dict.fromkeys((*self.old, *self.new)))

    @property
    def medians(self) -> bool:
        """Whether a side has more than one dump."""
        return len(self.old) > 1 or len(self.new) > 1


def diff_query(
    keys: Grouping, where: Where, sides: Sides, *, min_delta: int = 0, limit: int | None = None
) -> Query:
    """One row a group: status, its keys, old_, new_ and delta_ of records, pages and bytes.

    status is new, gone, grown, shrunk or same. Groups that changed by less than `min_delta` bytes,
    and those behind the first `limit`, are one last row of status rest. The rows add up to the two
    dumps exactly, unless a side is a median of several dumps or the key is function.
    """
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
        keys=keys,
        where=where,
        medians=sides.medians,
        min_delta=min_delta > 0,
        limit=limit,
    )
