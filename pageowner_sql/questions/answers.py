"""Answers to top, diff and leaks: the plan of their rows, with caption, notes and trend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, duration, signed, size
from pageowner_sql.questions.caveats import caveats
from pageowner_sql.questions.diff import Compared, diff_plan, share_no_stacks, side_total
from pageowner_sql.questions.leaks import OneBoot, cache_left_out, leaks_plan, without_identity
from pageowner_sql.questions.plan import Answer
from pageowner_sql.questions.top import top_plan, totals
from pageowner_sql.questions.trend import trend_of, trend_until
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.sql.timespec import Clock
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

_OF_FUNCTIONS = "function: each record counts for every function in its stack"


def top_answer(
    database: Database, dump: Dump, keys: Sequence[Key], where: Where, limit: int | None
) -> Answer:
    """Who holds the memory of a dump; the trend is over the dumps of its boot, up to this one."""

    def notes() -> Iterator[str]:
        if Key.FUNCTION in keys:
            yield _OF_FUNCTIONS
        yield from caveats(database, [dump], keys, where)

    return Answer(
        top_plan(database, [dump], keys, where, limit),
        caption=lambda: _total(database, dump, where),
        notes=notes,
        trend=lambda: trend_until(database, dump, keys, where),
    )


def _total(database: Database, dump: Dump, where: Where) -> str:
    total = totals(database, [dump], where)
    what = "selected" if where.selects else "total"
    assumed = "" if dump.page_size_given else " (assumed)"
    counted = [] if total.records is None else [f"{count(total.records)} records"]
    if total.pages is not None and total.bytes is not None:
        pages = f"{count(total.pages)} pages of {dump.page_size} bytes{assumed}"
        counted += [pages, size(total.bytes)]
    return f"{printable(dump.label)}: {what} {', '.join(counted)}"


def diff_answer(
    database: Database,
    sides: Compared,
    keys: Sequence[Key],
    where: Where,
    *,
    min_delta: int = 0,
    limit: int | None = None,
) -> Answer:
    """What changed between two sides; a trend where a side has several dumps."""
    dumps = [*sides[0], *sides[1]]
    several = max(map(len, sides)) > 1

    def notes() -> Iterator[str]:
        if several:
            yield "every number of a side with several dumps is their median; medians do not add up"
        if Key.FUNCTION in keys:
            yield _OF_FUNCTIONS
        if Key.STACK in keys and share_no_stacks(database, sides):
            yield (
                "hardly a stack is in both: --by function-stack joins builds of one source, "
                "--by owner kernels that differ more"
            )
        yield from caveats(database, dumps, keys, where)

    return Answer(
        diff_plan(database, sides, keys, where, min_delta=min_delta, limit=limit),
        caption=lambda: _change_of_all(database, sides, where),
        notes=notes,
        trend=lambda: trend_of(database, dumps, keys, where) if several else None,
    )


def _change_of_all(database: Database, sides: Compared, where: Where) -> str:
    """What both sides hold in all, in one line."""
    old, new = (side_total(database, side, where) for side in sides)
    names = (", ".join(printable(dump.label) for dump in side) for side in sides)
    page_sizes = sorted({dump.page_size for side in sides for dump in side})
    assumed = not all(dump.page_size_given for side in sides for dump in side)
    of_bytes = f" pages of {' and '.join(map(str, page_sizes))} bytes{' (assumed)' * assumed}"
    changes = (
        *_change(count, old.records, new.records, " records"),
        *_change(count, old.pages, new.pages, of_bytes),
        *_change(size, old.bytes, new.bytes, ""),
    )
    return f"{' to '.join(names)}{', selected' if where.selects else ''}: {', '.join(changes)}"


def _change(
    write: Callable[[int], str], old: int | None, new: int | None, unit: str
) -> Iterator[str]:
    """What changed, where both sides count it."""
    if old is not None and new is not None:
        yield f"{write(old)} to {write(new)} ({signed(write(new - old))}){unit}"


def leaks_answer(
    database: Database,
    boot: OneBoot,
    keys: Sequence[Key],
    where: Where,
    *,
    evidence: bool = True,
    limit: int | None = None,
) -> Answer:
    """What grows without end, over dumps of one boot."""

    def notes() -> Iterator[str]:
        yield from _about_boot(database, boot)
        yield from _about_cache(database, boot)
        yield from caveats(database, boot.dumps, keys, where)

    return Answer(
        leaks_plan(database, boot, keys, where, evidence=evidence, limit=limit),
        notes=notes,
        trend=lambda: trend_of(database, boot.dumps, keys, where),
    )


def _about_boot(database: Database, boot: OneBoot) -> Iterator[str]:
    """Which dumps, by which clock, and what could not be followed from one to the other."""
    first, last = boot.dumps[0], boot.dumps[-1]
    names = ", ".join(printable(dump.label) for dump in boot.dumps)
    if first is last:
        yield f"{names}: one dump: suspects by the ages of what is still allocated"
        return
    clock = "--captured-at" if boot.run.clock is Clock.WALL else "the newest allocation of each"
    yield f"{names}: {duration(_span(boot))} by {clock}"
    left = without_identity(database, first)
    if left.early or left.untimed:
        yield (
            f"survivors: {count(left.early)} pages of early boot and {count(left.untimed)} without "
            f"a time in {printable(first.label)} cannot be followed, and are left out"
        )


def _about_cache(database: Database, boot: OneBoot) -> Iterator[str]:
    first, last = (printable(boot.dumps[at].label) for at in (0, -1))
    if left := cache_left_out(database, boot):
        came = f"came after {first}" if len(boot.dumps) > 1 else "came since boot"
        yield (
            f"new bytes: without page cache, of which {size(left)} in {last} {came}, that of the "
            f"process that read the dumps included"
        )


def _span(boot: OneBoot) -> int:
    """Nanoseconds from the first dump to the last."""
    first, last = boot.dumps[0], boot.dumps[-1]
    if boot.run.clock is Clock.WALL and first.captured_at and last.captured_at:
        return int((last.captured_at - first.captured_at).total_seconds() * 1e9)
    return (last.newest_alloc_ts or 0) - (first.newest_alloc_ts or 0)
