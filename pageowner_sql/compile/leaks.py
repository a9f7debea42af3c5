"""Which keys leak: over several dumps of one boot, or by the ages of what one dump holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.compile.moments import Clock
from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Where


@dataclass(frozen=True)
class Run:
    """Dumps of one boot, in the order of time, and what is known of them.

    `first`, `middle` (the last but one) and `last` are ids of dumps. New is what came after
    `since` and up to `until`, ns since boot; what came up to `followed` is looked for in the last
    dump. `timed`: every dump has allocation times. `meminfo`: the last dump's is loaded.
    """

    labels: tuple[str, ...]
    clock: Clock
    first: int
    middle: int
    last: int
    since: int
    followed: int
    until: int
    timed: bool = True
    meminfo: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the templates' parameters."""
        return {
            "first_dump": self.first,
            "middle_dump": self.middle,
            "last_dump": self.last,
            "since": self.since,
            "followed": self.followed,
            "until": self.until,
        }


def leaks_query(
    keys: Grouping, where: Where, run: Run, *, evidence: bool = True, limit: int | None = None
) -> Query:
    """One row a group, the first suspect first: rank, verdict, its keys, slope_bytes_per_hour, ….

    Without `evidence` there are only the columns that fit a screen.
    """
    where = replace(where, labels=run.labels)
    return render(
        "leaks" if len(run.labels) > 1 else "leaks_ages",
        {**where.parameters(), **run.parameters, "limit": limit},
        keys=keys,
        where=where,
        run=run,
        evidence=evidence,
        limit=limit,
    )
