"""`schema`: the tables, views and macros that SQL can ask, and what they mean."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.options import with_rows
from pageowner_sql.cli.shared import session
from pageowner_sql.output.rows import Output

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Table, view or macro [the list of all]")
]


Everything = Annotated[
    bool, typer.Option("--all", help="List the program's internal tables, views and macros too")
]


@with_rows
def schema(
    context: typer.Context,
    name: Name = None,
    *,
    everything: Everything = False,
    output: Output,
    show_sql: bool,
) -> None:
    """List tables, views and macros, or describe one.

    The description of a table or view has the meaning and the unit of each column.
    """
    from pageowner_sql.cli.answers import answer

    with session(context, show_sql=show_sql) as db:
        answer(db, db.schema(name, everything=everything), output.whole)
