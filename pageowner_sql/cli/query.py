"""`query`: the named queries, listed, documented, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.bounds import Timeout, enforce_bounds
from pageowner_sql.cli.completions import labels as complete_labels
from pageowner_sql.cli.completions import query_names
from pageowner_sql.cli.options import with_rows, with_selection
from pageowner_sql.cli.shared import say, session
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Where

if TYPE_CHECKING:
    from pageowner_sql.sql.catalog import Catalog, NamedQuery

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Name = Annotated[
    str | None,
    typer.Argument(
        autocompletion=query_names, metavar="[NAME]", help="A named query [the list of all]"
    ),
]
Dumps = Annotated[
    list[str] | None,
    typer.Argument(
        autocompletion=complete_labels,
        metavar="[LABEL]...",
        help="Dumps, or their files, in the order of its parameters [the one loaded last; for old "
        "and new the two newest of a boot]",
        show_default=False,
    ),
]
Params = Annotated[
    list[str] | None, typer.Option("--param", metavar="K=V", help="Value of a parameter; repeats")
]
Folders = Annotated[
    list[str] | None,
    typer.Option(
        "--queries",
        metavar="DIR",
        help="More queries, as $PAGEOWNER_QUERIES; those of ./queries run in a sandbox; repeats",
    ),
]
Help = Annotated[
    bool, typer.Option("-h", "--help", help="Show this message, or the documentation of NAME")
]


@app.command(add_help_option=False)
@with_rows
@with_selection
def query(
    context: typer.Context,
    wanted: Name = None,
    labels: Dumps = None,
    *,
    param: Params = None,
    queries: Folders = None,
    timeout: Timeout = None,
    help_: Help = False,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """List the named queries, describe one, or run it."""
    from pageowner_sql.cli.answers import answer
    from pageowner_sql.questions.query_catalog import catalog_in_force
    from pageowner_sql.sql.catalog import built_in

    if help_ and wanted is None:
        typer.echo(context.get_help())
        return
    found = catalog_in_force(queries or ())
    if wanted is None:
        _list(found, output, show_sql=show_sql)
    elif help_:
        typer.echo(_documentation(found.find(wanted)), nl=False)
    else:
        given = values.pairs(param or (), "--param")
        named = found.find(wanted)
        limit, sandbox = output.limit or None, not named.trusted
        files = not named.path.is_relative_to(built_in())
        with (
            session(context, show_sql=show_sql, files=files) as db,
            enforce_bounds(context, timeout, sandbox=sandbox),
        ):
            rows = db.query_values(named, given, where, limit, dumps=labels or (), sandbox=sandbox)
            answer(db, rows, output.unlimited)


def _list(found: Catalog, output: Output, *, show_sql: bool) -> None:
    """The catalogue as rows; what is wrong with a file goes to stderr."""
    from pageowner_sql.cli.answers import show, write
    from pageowner_sql.questions.query_catalog import catalog_plan, catalog_stream

    if show_sql:
        show(catalog_plan(found).shown(), output)
        return
    database, stream, wrong = catalog_stream(found)
    with database:
        write(stream, output.whole)
    for error in wrong:
        say(str(error))


def _documentation(asked: NamedQuery) -> str:
    """What a query says of itself, as text for people."""
    from pageowner_sql.output.documentation import documentation

    return documentation(asked)
