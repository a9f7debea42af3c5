"""`schema`: the tables, views and macros that SQL can ask, and what they mean."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.options import giving_rows
from pageowner_sql.cli.shared import shared
from pageowner_sql.output.rows import Output

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Table, view or macro [the list of all]")
]


@giving_rows
def schema(context: typer.Context, name: Name = None, *, output: Output, show_sql: bool) -> None:
    """Tables, views and macros; of one of them, the columns, each with its meaning and unit."""
    from pageowner_sql.cli.answers import answer
    from pageowner_sql.questions.plan import Plan
    from pageowner_sql.sql.query import Query
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.describe import comment_on, describing_sql

    with Database.open(shared(context).db, Mode.READ) as database:
        plan = Plan(Query(*describing_sql(database, name)))
        caption = comment_on(database, name) if name and not show_sql else None
        answer(database, plan, output, show_sql=show_sql, caption=caption)
