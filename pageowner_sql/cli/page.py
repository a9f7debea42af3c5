"""`page`: whose is this page, and what lies in a range of pages."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.answers import answer
from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_rows, with_selection
from pageowner_sql.cli.shared import say, session
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Where

# Rows of a part that a table shows.
SHOWN = 10

Place = Annotated[
    str,
    typer.Argument(
        metavar="PFN|A-B|0xADDR",
        help="Page frame number, physical address (0x…), pfn:0x…, or two of them as a range",
    ),
]
Label = Annotated[
    str | None,
    typer.Argument(
        autocompletion=labels, metavar="[LABEL]", help="A dump, or its file [the one loaded last]"
    ),
]


@with_rows
@with_selection
def page(
    context: typer.Context,
    place: Place,
    label: Label = None,
    *,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """Show who owns a page, and what lies around it.

    Column `part`: `block` holds the page or lies in the range A-B (both included); `before` and
    `after` are the nearest blocks beside it. Of a page, `around` is the larger aligned block of
    that order, and `pageblock` sums the pageblock by owner and migratetype; of a range, `range`
    does. Sums count the pages inside only. A table has ten rows of each part unless --limit says
    otherwise; other formats have all rows and columns.
    """
    brief = output.chosen is Format.TABLE
    each = SHOWN if brief and output.limit is None else None
    with session(context, show_sql=show_sql) as db:
        rows = db.page(
            place, label, where=where, each=each, limit=output.limit or None, evidence=not brief
        )
        answer(db, rows, output)
    if each and not show_sql:
        say(f"the first {each} rows of each part; --limit 0 or another --format gives all rows")
