"""`dumps`: what is loaded; removing, renaming, tagging, and giving space back."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.load import with_properties
from pageowner_sql.cli.options import with_rows
from pageowner_sql.cli.shared import session
from pageowner_sql.cli.values import PropertyOptions
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, size

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

LabelArgument = Annotated[
    str, typer.Argument(autocompletion=labels, metavar="LABEL", help="Label of a loaded dump")
]
LabelArguments = Annotated[
    list[str], typer.Argument(autocompletion=labels, metavar="LABEL", help="Labels of loaded dumps")
]

NewLabel = Annotated[str | None, typer.Option("--label", metavar="NEW", help="The new label")]


@app.callback(invoke_without_command=True)
@with_rows
def listing(context: typer.Context, *, output: Output, show_sql: bool) -> None:
    """List the loaded dumps, change or remove them.

    A table has the columns that fit a terminal; other formats have all columns.
    """
    if context.invoked_subcommand is not None:
        return
    from pageowner_sql.cli.answers import answer

    with session(context, show_sql=show_sql) as db:
        answer(db, db.list_dumps(brief=output.chosen is Format.TABLE), output.whole)


@app.command("rm")
def remove(context: typer.Context, labels: LabelArguments) -> None:
    """Remove dumps; `dumps compact` then frees their space."""
    with session(context) as db:
        for dump in db.remove(*labels):
            typer.echo(f"{printable(dump.label)}: removed, {count(dump.records)} records")


@app.command("set")
@with_properties
def change(
    context: typer.Context,
    old: LabelArgument,
    *,
    label: NewLabel = None,
    properties: PropertyOptions,
) -> None:
    """Change a dump's label, tags or kernel, and what else `load` sets.

    `--tag K=` removes a tag.
    """
    with session(context) as db:
        db.change(old, label=label, **properties)


@app.command("compact")
def compact(context: typer.Context) -> None:
    """Give the space of removed dumps back to the disk."""
    with session(context) as db:
        before, after = db.compact()
        typer.echo(f"{printable(db.path)}: {size(after)}, was {size(before)}")
