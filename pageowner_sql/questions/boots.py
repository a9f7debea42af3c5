"""Checks that dumps are of one boot, and their order by a clock that all of them have."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.errors import InputError, MissingFieldError, PageOwnerError
from pageowner_sql.output.plain import printable
from pageowner_sql.sql.timespec import Clock
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump

# Most of a boot's oldest allocations live on. A few in the same page are proof enough; where pages
# have moved, a clock with coarse ticks could let a few more seem the same.
FEW = 0.01
SOME = 0.05
# The fewest old allocations that, all gone from the second dump, contradict equal --boot ids.
ENOUGH = 20

UNTOLD = "nothing tells whether they are of one boot; say so with: dumps set LABEL --boot ID"


def in_order(dumps: Sequence[Dump]) -> tuple[Clock, list[Dump]]:
    """The one clock that all dumps have, and the dumps in the order of time.

    Raises MissingFieldError if they share no clock, InputError if two dumps have the same time or
    two clocks contradict each other.
    """
    clock = _clock(dumps)
    ordered = sorted(dumps, key=lambda dump: _time(dump, clock))
    for one, two in itertools.pairwise(ordered):
        names = f"{printable(one.label)} and {printable(two.label)}"
        if _time(one, clock) == _time(two, clock):
            raise InputError(f"{names}: have the same timestamp; there is nothing to compare")
        if (
            one.newest_alloc_ts
            and two.newest_alloc_ts
            and one.newest_alloc_ts > two.newest_alloc_ts
        ):
            raise InputError(
                f"{names}: --captured-at puts them in one order, their allocations in the other"
            )
    return clock, ordered


def boot_of(database: Database, dumps: Sequence[Dump], one: Dump) -> list[Dump]:
    """Those of `dumps` that are of one boot with `one`, and `one` itself; in the same order."""
    return [dump for dump in dumps if dump == one or _same_boot(database, dump, one)]


def _same_boot(database: Database, dump: Dump, other: Dump) -> bool:
    try:
        _, ordered = in_order([dump, other])
    except PageOwnerError:
        return False
    return two_boots(database, *ordered) is None


def _clock(dumps: Sequence[Dump]) -> Clock:
    if all(dump.captured_at for dump in dumps):
        return Clock.WALL
    for dump in dumps:
        if not dump.newest_alloc_ts:
            raise MissingFieldError(
                f"{printable(dump.label)}: this dump has no allocation times (alloc_ts), so nothing"
                f" says when it was taken; load all of them with --captured-at, or: dumps set"
            )
    return Clock.BOOT


def _time(dump: Dump, clock: Clock) -> datetime | int:
    return (dump.captured_at if clock is Clock.WALL else dump.newest_alloc_ts) or 0


def check_one_boot(database: Database, ordered: Sequence[Dump]) -> None:
    """Raise InputError where the dumps, in the order of time, are not all of one boot.

    --boot says so, else their oldest allocations; and what --boot says must fit these.
    """
    for one, two in itertools.pairwise(ordered):
        if problem := two_boots(database, one, two):
            raise InputError(f"{printable(one.label)} and {printable(two.label)}: {problem}")


def two_boots(database: Database, one: Dump, two: Dump) -> str | None:
    """Why the two dumps, the older first, are not of one boot; None where they are."""
    said = one.boot_id is not None and two.boot_id is not None
    if said and one.boot_id != two.boot_id:
        return "were given different --boot: they are of two boots"
    if not all(dump.kind == Kind.PAGE_OWNER and dump.newest_alloc_ts for dump in (one, two)):
        return None if said else UNTOLD
    early, stayed, found = database.rows(
        statement("same_boot"),
        {
            "old": one.dump_id,
            "new": two.dump_id,
            "stackless": not {"stack"} <= set(one.fields) & set(two.fields),
        },
    )[0]
    if said:
        return _contradiction(early) if early >= ENOUGH and not found else None
    if not early:
        return UNTOLD
    if stayed < max(1, FEW * early) and found < max(1, SOME * early):
        return (
            f"of the {early:,} oldest allocations of the first, {found:,} are in the second: they "
            f"are of two boots; if they are not, give them one with: dumps set LABEL --boot ID"
        )
    return None


def _contradiction(early: int) -> str:
    return (
        f"were given one --boot, but none of the {early:,} oldest allocations of the first "
        f"is in the second: they are of two boots"
    )
