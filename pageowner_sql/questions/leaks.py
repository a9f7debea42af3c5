"""Which keys leak: orders dumps of one boot by a clock, and makes the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pageowner_sql.errors import LabelError, MissingFieldError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import parts_of, the_part, unknown_of
from pageowner_sql.questions.boots import boot_of, check_one_boot, in_order
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where, grouping
from pageowner_sql.sql.query import Query, render
from pageowner_sql.sql.timespec import Clock
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners


@dataclass(frozen=True)
class Run:
    """Dumps of one boot, in the order of time, and what is known of them.

    `first`, `middle` (the last but one) and `last` are ids of dumps. New is what came after
    `since` and up to `until`, ns since boot; what came up to `followed` is looked for in the last
    dump. `timed`: every dump has allocation times. `meminfo`: the last dump's is loaded.
    `readers`: the processes that wrote the dumps may be named.
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
    readers: bool = True

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

    def made(keys: Grouping) -> Query:
        return render(
            "leaks" if len(run.labels) > 1 else "leaks_ages",
            {**where.parameters(), **run.parameters, "limit": limit},
            keys=keys,
            where=where,
            run=run,
            evidence=evidence,
            limit=limit,
        )

    query = made(keys)
    if keys.source is RowSource.SUMMARIES:
        return query
    return replace(query, readable=lambda: made(keys.readable))


@dataclass(frozen=True)
class OneBoot:
    """Dumps of one boot in the order of time, and the parameters of their query."""

    dumps: tuple[Dump, ...]
    run: Run


def one_boot(database: Database, dumps: Sequence[Dump]) -> OneBoot:
    """The dumps in order. Raises what `in_order` and `check_one_boot` raise."""
    # Before the clock is looked for: another one would not help a single dump.
    if len(dumps) == 1 and not dumps[0].newest_alloc_ts:
        raise MissingFieldError(
            f"{printable(dumps[0].label)}: this dump has no allocation times (alloc_ts), and of "
            f"one dump there is nothing else to go by; give a second one"
        )
    clock, ordered = in_order(dumps)
    check_one_boot(database, ordered)
    first, middle, last = ordered[0], ordered[-2:][0], ordered[-1]
    timed = all(dump.newest_alloc_ts for dump in ordered)
    until = last.newest_alloc_ts or 1
    run = Run(
        labels=tuple(dump.label for dump in ordered),
        clock=clock,
        first=first.dump_id,
        middle=middle.dump_id,
        last=last.dump_id,
        since=min(first.newest_alloc_ts or 0, until - 1) if len(ordered) > 1 else 0,
        followed=middle.newest_alloc_ts or 0,
        until=until,
        timed=timed,
        meminfo=bool(database.value(statement("has_meminfo"), {"dump_id": last.dump_id})),
    )
    return OneBoot(tuple(ordered), run)


def latest_boot(database: Database, dumps: Sequence[Dump], keys: Sequence[Key]) -> list[Dump]:
    """Of all `dumps` those that are of one boot with the last loaded and have what `keys` need.

    Raises LabelError where there is none.
    """
    fields = grouping(keys).fields
    usable = [dump for dump in dumps if dump.kind == "page_owner" and fields <= set(dump.fields)]
    if not usable:
        raise LabelError("no dump here can be asked that; load one with: pageowner-sql load DUMP")
    return boot_of(database, usable, usable[-1])


def leaks_plan(
    database: Database,
    boot: OneBoot,
    keys: Sequence[Key],
    where: Where,
    *,
    evidence: bool = True,
    limit: int | None = None,
) -> Plan:
    """Every key with a verdict and what it rests on, the first suspect first.

    Columns: rank, verdict, each key, slope_bytes_per_hour, then the evidence.
    Raises MissingFieldError where a dump lacks what a key or `where` needs.
    """
    groups = the_part(parts_of(database, boot.dumps, keys, where))
    for dump in boot.dumps:
        if "bytes" in unknown_of([dump]):
            raise MissingFieldError(
                f"{printable(dump.label)}: counts allocations, not their pages, so nothing tells "
                f"how much memory grows; diff compares such files"
            )
    where = check_filters(database, boot.dumps, where)
    keep_owners(database)
    return Plan(leaks_query(groups, where, boot.run, evidence=evidence, limit=limit))


def cache_left_out(database: Database, boot: OneBoot) -> int:
    """Bytes of page cache in the last dump that new_bytes leaves out."""
    query = render("leaks_cache", boot.run.parameters)
    return int(database.value(query.sql, query.parameters))


@dataclass(frozen=True)
class UntracedPages:
    """Base pages of a dump that cannot be told in another: of early boot, and without a time."""

    early: int
    untimed: int


def without_identity(database: Database, dump: Dump) -> UntracedPages:
    """Count the pages of `dump` that survivors leave out."""
    return UntracedPages(
        *database.rows(statement("without_identity"), {"dump_id": dump.dump_id})[0]
    )
