"""`leaks`: what grows without end, over several dumps of one boot or in one."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.answers import answer, row_limit
from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_lines, with_rows, with_selection
from pageowner_sql.cli.shared import session
from pageowner_sql.cli.top import By
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Key, Where

Labels = Annotated[
    list[str] | None,
    typer.Argument(
        autocompletion=labels,
        metavar="[LABEL…]",
        help="Dumps of one boot, or their files [all of the boot that was loaded last]",
    ),
]


Period = Annotated[
    str, typer.Option(metavar="TIME", help="The rhythm that is looked for in samples")
]


@with_rows
@with_lines
@with_selection
def leaks(
    context: typer.Context,
    labels: Labels = None,
    *,
    by: By = None,
    period: Period = "1d",
    where: Where,
    lines: bool,
    source_url: str | None,
    output: Output,
    show_sql: bool,
) -> None:
    """Find memory that keeps growing, with the evidence.

    The strongest suspect comes first, with a verdict. With one dump, suspects are found by the ages
    of what is still allocated. A table leaves out some of the evidence, which other formats have;
    docs/leak-hunting.md explains it. Of samples, --since and --until give the span; how they move
    is the verdict: a trend, a step, a spike, or the rhythm of days.
    """
    from pageowner_sql.sql.timespec import duration

    with session(context, show_sql=show_sql) as db:
        rows = db.leaks(
            *(labels or ()),
            by=by or Key.STACK,
            where=where,
            limit=row_limit(output),
            period=duration(period, "--period") / 1e9,
            lines=lines,
            source_url=source_url,
            evidence=output.chosen is not Format.TABLE,
        )
        answer(db, rows, output.unfolded(bool(lines or source_url)))
