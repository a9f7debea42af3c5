"""`explain`: which rule gave a stack its owner and subsystem."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pageowner_sql.cli.answers import answer
from pageowner_sql.cli.options import with_lines, with_rows
from pageowner_sql.cli.shared import session
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output

Stack = Annotated[
    str,
    typer.Argument(
        metavar="STACK",
        help="Its number (stack_id), a function in it, or its text, - for standard input",
    ),
]

Maintainers = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The kernel's MAINTAINERS: whom to write to, by source file"),
]


@with_rows
@with_lines
def explain(
    context: typer.Context,
    stack: Stack,
    *,
    maintainers: Maintainers = None,
    lines: bool,
    source_url: str | None,
    output: Output,
    show_sql: bool,
) -> None:
    """Show which rules gave a stack its owner and subsystem.

    STACK can be a function: then the stack that it owns and that holds most is explained, frame by
    frame. A stack that is in no dump is explained by the same rules.
    """
    wanted = sys.stdin.read() if stack == "-" else stack
    with session(context, show_sql=show_sql) as db:
        evidence = output.chosen is not Format.TABLE
        rows = db.explain(
            wanted,
            evidence=evidence,
            lines=lines,
            source_url=source_url,
            maintainers=maintainers,
        )
        answer(db, rows, output.whole)
