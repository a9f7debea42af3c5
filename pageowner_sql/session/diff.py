"""What changed between dumps: checked, compiled, and whether the question suits the dumps."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TypeAlias

from pageowner_sql.compile.diff import Sides, diff_query
from pageowner_sql.compile.rows import Key, Where
from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.session.counting import MEASURES, parts_of, unknown_of
from pageowner_sql.session.plan import Plan
from pageowner_sql.session.top import Totals, totals
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.ownership import keep_owners

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
    if any(part.needs_owners for part in parts) or where.owners:
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
