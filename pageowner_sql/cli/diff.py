"""`diff`: what changed between two dumps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.answers import answer, row_limit
from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_lines, with_rows, with_selection
from pageowner_sql.cli.shared import session
from pageowner_sql.cli.top import By
from pageowner_sql.errors import UsageError
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Key, Where

Old = Annotated[
    str | None, typer.Argument(autocompletion=labels, metavar="[OLD", help="A dump, or its file")
]
New = Annotated[
    str | None,
    typer.Argument(autocompletion=labels, metavar="NEW]", help="A later or another dump"),
]
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


@with_rows
@with_lines
@with_selection
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
    lines: bool,
    source_url: str | None,
    output: Output,
    show_sql: bool,
) -> None:
    """Compare two dumps: what is new, gone, grown or shrunk.

    The largest change comes first. The rows add up to the two dumps: what --limit or --min-delta
    hides is in one last row, rest. Of samples, --since and --until say which two.
    """
    named = old is not None or new is not None or old_side or new_side
    of_times = not named and (where.since or where.until)
    before = [] if of_times else _words(old, old_side, "OLD")
    after = [] if of_times else _words(new, new_side, "NEW")
    with session(context, show_sql=show_sql) as db:
        rows = db.diff(
            before,
            after,
            by=by or Key.STACK,
            where=where,
            min_delta=values.size(min_delta, "--min-delta") if min_delta else 0,
            limit=row_limit(output),
            lines=lines,
            source_url=source_url,
        )
        answer(db, rows, output.unlimited.unfolded(bool(lines or source_url)))


def _words(one: str | None, several: Sequence[str] | None, side: str) -> list[str]:
    """The words that mean the dumps of one side, given in one of two ways."""
    listed = [word for words in several or () for word in words.split(",") if word]
    if (one is None) == (not listed):
        name = side.lower()
        raise UsageError(
            f"diff: give {side}, or several dumps with --{name}; see: pageowner-sql diff --help"
        )
    return [one] if one is not None else listed
