"""What changed between dumps: the checks, the query, and totals of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeAlias

from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import MEASURES, parts_of, unknown_of
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan
from pageowner_sql.questions.top import Totals, totals
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners


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

    def made(parts: Sequence[Grouping]) -> Query:
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

    shown = [part if part.source is RowSource.SUMMARIES else part.readable for part in parts]
    return replace(made(parts), readable=lambda: made(shown))


# The dumps of both sides: before, and after.
Compared: TypeAlias = tuple[Sequence[Dump], Sequence[Dump]]

# Two dumps of one kernel build share nearly all stacks, two of different builds hardly any.
FEW_STACKS = 0.1


def diff_plan(
    database: Database,
    compared: Compared,
    keys: Sequence[Key],
    where: Where,
    *,
    min_delta: int = 0,
    limit: int | None = None,
) -> Plan:
    """What each key holds on both sides, what changed most first; a row of status rest at the end.

    Columns: status, each key, old_, new_ and delta_ of records, pages, bytes.
    Raises MissingFieldError where a dump lacks what a key or `where` needs.
    """
    old, new = compared
    parts = parts_of(database, (*old, *new), keys, where)
    where = check_filters(database, (*old, *new), where)
    if any(part.needs_owners for part in parts) or where.needs_owners:
        keep_owners(database)
    sides = _sides(old, new, min_delta)
    return Plan(diff_query(parts, where, sides, min_delta=min_delta, limit=limit))


def _sides(old: Sequence[Dump], new: Sequence[Dump], min_delta: int) -> Sides:
    """Both sides, with what they count. Raises MissingFieldError where they count two things."""
    unknown = unknown_of(old), unknown_of(new)
    sides = Sides(tuple(dump.label for dump in old), tuple(dump.label for dump in new), *unknown)
    if unknown[0] | unknown[1] >= MEASURES:
        raise MissingFieldError(
            f"{', '.join(map(printable, sides.labels))}: one counts pages, another allocations "
            f"(stack_count, Linux 6.9): there is nothing to compare"
        )
    if min_delta and sides.main == "records":
        raise UsageError("--min-delta: these dumps count allocations, not their size")
    return sides


def side_total(database: Database, dumps: Sequence[Dump], where: Where) -> Totals:
    """What `where` selects of one side: of several dumps the median, number by number."""
    sums = [totals(database, [dump], where) for dump in dumps]
    return Totals(
        _median([each.records for each in sums]),
        _median([each.pages for each in sums]),
        _median([each.bytes for each in sums]),
    )


def _median(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return round(median(known)) if len(known) == len(numbers) else None


def share_no_stacks(database: Database, compared: Compared) -> bool:
    """Whether the sides have next to no exact stack in common: two builds of a kernel."""
    ids = [[dump.dump_id for dump in side] for side in compared]
    stacks, shared = database.rows(statement("shared_stacks"), {"old": ids[0], "new": ids[1]})[0]
    return bool(stacks) and shared < FEW_STACKS * stacks
