"""`diff`: what changed between two dumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.options import giving_rows, selecting
from pageowner_sql.cli.shared import say, shared
from pageowner_sql.cli.top import TABLE_LIMIT, By
from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, signed, size
from pageowner_sql.sql.grouping import Key, Where

if TYPE_CHECKING:
    from pageowner_sql.questions.diff import Compared
    from pageowner_sql.store.database import Database


Old = Annotated[str | None, typer.Argument(metavar="[OLD", help="A dump, or its file")]
New = Annotated[str | None, typer.Argument(metavar="NEW]", help="A later or another dump")]
OldSide = Annotated[
    list[str] | None,
    typer.Option("--old", metavar="A,B,…", help="Several dumps for OLD: their medians; repeats"),
]
NewSide = Annotated[
    list[str] | None,
    typer.Option("--new", metavar="C,D,…", help="Several dumps for NEW: their medians; repeats"),
]
MinDelta = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="What changed by less is one last row: 64K, 1.5GiB"),
]


@giving_rows
@selecting
def diff(
    context: typer.Context,
    old: Old = None,
    new: New = None,
    *,
    by: By = None,
    old_side: OldSide = None,
    new_side: NewSide = None,
    min_delta: MinDelta = None,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """What changed from OLD to NEW: new, gone, grown, shrunk, what changed most first.

    The rows add up to the two dumps: what a limit or --min-delta hides is one last row, rest.
    """
    from pageowner_sql.cli.answers import answer, is_seen
    from pageowner_sql.cli.labels import resolve_all
    from pageowner_sql.questions.diff import diff_plan
    from pageowner_sql.questions.trend import trend_of

    before, after = _words(old, old_side, "OLD"), _words(new, new_side, "NEW")
    keys = by or [Key.STACK]
    least = values.size(min_delta, "--min-delta") if min_delta else 0
    opened = resolve_all(shared(context).db, [*before, *after], show_sql=show_sql)
    sides = opened.dumps[: len(before)], opened.dumps[len(before) :]
    with opened.database as database:
        plan = diff_plan(database, sides, keys, where, min_delta=least, limit=row_limit(output))
        caption = None if show_sql else _total(database, sides, where)
        several = max(map(len, sides)) > 1 and is_seen(output, show_sql=show_sql)
        trend = trend_of(database, [*sides[0], *sides[1]], keys, where) if several else None
        output = replace(output, limit=None)
        answer(database, plan, output, show_sql=show_sql, caption=caption, trend=trend)
        if not show_sql:
            _say_what_to_know(database, sides, keys, where)


def row_limit(output: Output) -> int | None:
    """How many rows to list: as told, else as many as fit a screen or two, else all."""
    if output.limit is None:
        return TABLE_LIMIT if output.chosen is Format.TABLE else None
    return output.limit or None


def _words(one: str | None, several: Sequence[str] | None, side: str) -> list[str]:
    """The words that mean the dumps of one side, given in one of two ways."""
    listed = [word for words in several or () for word in words.split(",") if word]
    if (one is None) == (not listed):
        name = side.lower()
        raise UsageError(
            f"diff: give {side}, or several dumps with --{name}; see: pageowner-sql diff --help"
        )
    return [one] if one is not None else listed


def _total(database: Database, sides: Compared, where: Where) -> str:
    """What both sides hold in all, in one line."""
    from pageowner_sql.questions.diff import side_total

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


def _say_what_to_know(
    database: Database, sides: Compared, keys: Sequence[Key], where: Where
) -> None:
    from pageowner_sql.questions.caveats import to_know
    from pageowner_sql.questions.diff import share_no_stacks

    if max(map(len, sides)) > 1:
        say("every number of a side with several dumps is their median; medians do not add up")
    if Key.FUNCTION in keys:
        say("function: each record counts for every function in its stack")
    if Key.STACK in keys and share_no_stacks(database, sides):
        say(
            "hardly a stack is in both: --by function-stack joins builds of one source, "
            "--by owner kernels that differ more"
        )
    for line in to_know(database, [*sides[0], *sides[1]], keys, where):
        say(line)
