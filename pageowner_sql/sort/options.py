"""What a page_owner_sort call asks for, as data: closed enums and frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SortKey(StrEnum):
    """What rows are ordered by. TIMES and PAGES have short flags only."""

    PID = "pid"
    TGID = "tgid"
    NAME = "name"
    STACKTRACE = "stacktrace"
    TXT = "txt"
    FREE_TS = "free_ts"
    ALLOC_TS = "alloc_ts"
    ALLOCATOR = "allocator"
    TIMES = "times"
    PAGES = "pages"


class CullKey(StrEnum):
    """What records are grouped by, in the order in which groups are compared."""

    STACKTRACE = "stacktrace"
    PID = "pid"
    TGID = "tgid"
    NAME = "name"
    FREE = "free"
    ALLOCATOR = "allocator"


class Compat(StrEnum):
    """The kernels whose page_owner_sort can be followed byte for byte."""

    V5_10 = "5.10"
    V6_1 = "6.1"
    V7_3 = "7.3"


@dataclass(frozen=True)
class SortBy:
    """One key of an order."""

    key: SortKey
    descending: bool = False


BY_TIMES = (SortBy(SortKey.TIMES, descending=True),)


@dataclass(frozen=True)
class Selection:
    """One report. A filter that is None lets everything pass; names are bytes, as typed.

    `compat`: do what that kernel's tool does; None: what the documentation promises.
    """

    sort: tuple[SortBy, ...] = BY_TIMES
    cull: frozenset[CullKey] = frozenset()
    pids: tuple[int, ...] | None = None
    tgids: tuple[int, ...] | None = None
    names: tuple[bytes, ...] | None = None
    unreleased_only: bool = False
    compat: Compat | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether a record can fail to pass by what its header says."""
        return any(part is not None for part in (self.pids, self.tgids, self.names))


def needs_stacks(selection: Selection) -> bool:
    """Whether the report depends on the text below the records' PFN lines."""
    keys = {SortKey.STACKTRACE, SortKey.TXT, SortKey.ALLOCATOR}
    by_stack = not keys.isdisjoint(item.key for item in selection.sort)
    culled = not selection.cull or not {CullKey.STACKTRACE, CullKey.ALLOCATOR}.isdisjoint(
        selection.cull
    )
    # page_owner_sort finds some of its fields there.
    return by_stack or culled or selection.compat is not None


def takes_groups(selection: Selection) -> bool:
    """Whether the report can be made of groups of records with the same texts."""
    if not selection.cull or CullKey.FREE in selection.cull or selection.unreleased_only:
        return False
    # The 6.1 tool gives a record of the same text the allocator of the one just before it.
    return selection.compat is not Compat.V6_1 or CullKey.ALLOCATOR not in selection.cull
