"""What each stack holds, for flame graphs: one dump, or two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Key, Where

# What can stand below the outermost frames: keys with one value a record.
ROOTS = (
    *(Key.COMM, Key.PID, Key.TGID, Key.MEMCG, Key.MODULE, Key.SUBSYSTEM, Key.ALLOCATOR),
    *(Key.MIGRATETYPE, Key.GFP, Key.ORDER, Key.NODE, Key.ZONE),
)
# What pprof can filter by.
LABELS = (Key.COMM, Key.PID, Key.MEMCG, Key.ORDER, Key.MIGRATETYPE)


@dataclass(frozen=True)
class ByStack(Grouping):
    """Some keys, and the stack by its number alone: its text is put to it behind the sums."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and expression of each key, the stack's number first."""
        return [("stack_id", "t.stack_id"), *super().columns]

    @property
    def ids(self) -> list[str]:
        """The ids of records to group by first."""
        return sorted({*super().ids, "rest_id"})

    @property
    def tables(self) -> frozenset[str]:
        """The tables to join behind that."""
        return super().tables | {"rests"}

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have, as dumps.fields names them."""
        return super().fields | {"stack"}


def flame_query(keys: Sequence[Key], where: Where, label: str, old: str | None = None) -> Query:
    """One row a stack and set of `keys`: frames, owner, subsystem, the keys, then six sums.

    Frames are `function` or `function [module]`, innermost first, the owner written likewise. The
    sums are records, pages and bytes of `label`, then those of `old`, which are 0 without one.
    """
    grouping = ByStack(tuple(dict.fromkeys(keys)))
    where = replace(where, labels=(label,) if old is None else (label, old))
    parameters = {**where.parameters(), "label": label, "old": old}
    return render("flame", parameters, keys=grouping, where=where, compared=old is not None)
