"""`dumps`: what is loaded; removing, renaming, tagging, and giving space back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.load import Boot, CapturedAt, Host, Kernel, PageSize
from pageowner_sql.cli.options import giving_rows
from pageowner_sql.cli.shared import shared
from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, size

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

LabelArgument = Annotated[str, typer.Argument(metavar="LABEL", help="Label of a loaded dump")]
LabelArguments = Annotated[
    list[str], typer.Argument(metavar="LABEL", help="Labels of loaded dumps")
]

NewLabel = Annotated[str | None, typer.Option("--label", metavar="NEW", help="The new label")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="K=V", help="A tag to set; K= takes it away; repeats"),
]


def _existing(path: str) -> Database:
    """The database at `path` for changes; one that is not there is not made but refused."""
    from pageowner_sql.store.database import Database, Mode

    return Database.open(path, Mode.WRITE if Path(path).exists() else Mode.READ)


@app.callback(invoke_without_command=True)
@giving_rows
def listing(context: typer.Context, *, output: Output, show_sql: bool) -> None:
    """What is loaded; with a command, changes it.

    A table has what fits a terminal; other formats say all that is known of each dump.
    """
    if context.invoked_subcommand is not None:
        return
    from pageowner_sql.cli.answers import answer
    from pageowner_sql.questions.plan import Plan
    from pageowner_sql.sql.query import Query
    from pageowner_sql.store.database import Database, Mode, statement

    asked = "dumps/short" if output.chosen is Format.TABLE else "dumps/list"
    with Database.open(shared(context).db, Mode.READ) as database:
        answer(database, Plan(Query(statement(asked))), output, show_sql=show_sql)


@app.command("rm")
def remove(context: typer.Context, labels: LabelArguments) -> None:
    """Remove dumps from the database; `dumps compact` gives their space back."""
    from pageowner_sql.store import dumps

    with _existing(shared(context).db) as database:
        loaded = dumps.all_dumps(database)
        for dump in [dumps.the_dump(loaded, label) for label in dict.fromkeys(labels)]:
            dumps.remove(database, dump)
            typer.echo(f"{printable(dump.label)}: removed, {count(dump.records)} records")


@app.command("set")
def change(
    context: typer.Context,
    old: LabelArgument,
    *,
    label: NewLabel = None,
    host: Host = None,
    kernel: Kernel = None,
    captured_at: CapturedAt = None,
    tag: Tags = None,
    boot: Boot = None,
    page_size: PageSize = None,
) -> None:
    """Give a dump another label, tags, or what `load` was not told of it."""
    from pageowner_sql.store import dumps

    said = dumps.Change(
        label=label,
        host=host,
        kernel=kernel,
        captured_at=values.moment(captured_at, "--captured-at") if captured_at else None,
        boot_id=boot,
        page_size=values.page_size(page_size, "--page-size") if page_size else None,
        tags=values.pairs(tag or (), "--tag"),
    )
    if said == dumps.Change():
        raise UsageError("dumps set: say what to set: --label NEW, --tag K=V, --captured-at T, …")
    with _existing(shared(context).db) as database:
        dumps.change(database, dumps.the_dump(dumps.all_dumps(database), old), said)


@app.command("compact")
def compact(context: typer.Context) -> None:
    """Give the space of removed dumps back to the disk."""
    from pageowner_sql.store.compact import compact

    path = shared(context).db
    before, after = compact(path)
    typer.echo(f"{printable(path)}: {size(after)}, was {size(before)}")
