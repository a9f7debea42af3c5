"""`top`: who holds the memory of a dump."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.answers import TABLE_LIMIT, answer, row_limit
from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_lines, with_rows, with_selection
from pageowner_sql.cli.shared import say, session
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Key, Where

Label = Annotated[
    str | None,
    typer.Argument(
        autocompletion=labels, metavar="[LABEL]", help="A dump, or its file [the one loaded last]"
    ),
]
At = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="The sample taken then: 12:30, or 10m before the last one"),
]
By = Annotated[
    list[Key] | None,
    typer.Option(
        "--by",
        metavar="KEY",
        help=f"{', '.join(Key)}; repeats [owner and comm; stack where --format is not a table]",
    ),
]


@with_rows
@with_lines
@with_selection
def top(
    context: typer.Context,
    label: Label = None,
    *,
    at: At = None,
    by: By = None,
    where: Where,
    lines: bool,
    source_url: str | None,
    output: Output,
    show_sql: bool,
) -> None:
    """Show who holds the memory.

    A row is a value of KEY with its records, pages, bytes and share of the dump; the largest comes
    first. A table is by owner and process, if the dump has both, and has 20 rows unless --limit
    says otherwise. Other formats are by stack and have all rows. On a terminal, a sparkline shows
    the bytes of each row in the dumps of the same boot, up to this one.
    """
    # Only stacks have source lines.
    readable = output.chosen is Format.TABLE and not lines
    with session(context, show_sql=show_sql) as db:
        rows = db.top(
            label,
            at=at,
            by=by or (None if readable else Key.STACK),
            where=where,
            limit=row_limit(output),
            lines=lines,
            source_url=source_url,
        )
        seen = answer(db, rows, output.unfolded(bool(lines or source_url)))
    if seen == TABLE_LIMIT and output.limit is None and output.chosen is Format.TABLE:
        say(f"the first {seen} rows; --limit 0 gives all")
