"""`query`: the named queries, listed, documented, run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.bounds import Timeout, bounded
from pageowner_sql.cli.options import giving_rows, selecting
from pageowner_sql.cli.shared import say, shared
from pageowner_sql.errors import LabelError
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Where

if TYPE_CHECKING:
    from pageowner_sql.sql.catalog import Catalog, NamedQuery
    from pageowner_sql.store.database import Database
    from pageowner_sql.store.dumps import Dump

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="A named query [the list of all]")
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
    bool, typer.Option("--help", help="Show this message, or the documentation of NAME")
]


@app.command(add_help_option=False)
@giving_rows
@selecting
def query(
    context: typer.Context,
    wanted: Name = None,
    *,
    param: Params = None,
    queries: Folders = None,
    timeout: Timeout = None,
    help_: Help = False,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """List the named queries, document one, or run it."""
    from pageowner_sql.questions.query_catalog import catalog_in_force

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
        _run(context, found.find(wanted), given, (where, output, show_sql), timeout)


def _run(
    context: typer.Context,
    asked: NamedQuery,
    given: Mapping[str, str],
    how: tuple[Where, Output, bool],
    timeout: str | None,
) -> None:
    from pageowner_sql.cli.answers import answer
    from pageowner_sql.questions.named_query import named_plan
    from pageowner_sql.store.sandbox import lock_down

    where, output, show_sql = how
    database, dumps = _dumps(shared(context).db, asked, given, show_sql=show_sql)
    with database, bounded(timeout, sandbox=not asked.trusted):
        if not asked.trusted:
            lock_down(database)
        plan = named_plan(database, asked, given, dumps, where, output.limit or None)
        answer(database, plan, output.unlimited, show_sql=show_sql)


def _dumps(
    db_path: str, asked: NamedQuery, given: Mapping[str, str], *, show_sql: bool = False
) -> tuple[Database, dict[str, Dump]]:
    """The database, open for reading, and the dump of every parameter that is one."""
    from pageowner_sql.cli.labels import resolve_all
    from pageowner_sql.questions.named_query import dump_words
    from pageowner_sql.sql.catalog import built_in
    from pageowner_sql.store.dumps import all_dumps

    words = dump_words(asked, given)
    said = [word for word in words.values() if word is not None]
    files = not asked.path.is_relative_to(built_in())
    opened = resolve_all(db_path, said, show_sql=show_sql, files=files)
    dumps = dict(zip(said, opened.dumps, strict=True))
    loaded = all_dumps(opened.database)
    if None in words.values() and not loaded:
        raise LabelError(f"{db_path}: holds no dumps; load one with: pageowner-sql load DUMP")
    if None in words.values():
        say(f"{loaded[-1].label}: the dump loaded last")
    return opened.database, {
        name: loaded[-1] if word is None else dumps[word] for name, word in words.items()
    }


def _list(found: Catalog, output: Output, *, show_sql: bool) -> None:
    """The catalogue as rows; what is wrong with a file goes to stderr."""
    from pageowner_sql.cli.answers import show, write
    from pageowner_sql.questions.query_catalog import catalog_plan, catalog_stream

    if show_sql:
        show(catalog_plan(found).shown(), output)
        return
    database, stream, wrong = catalog_stream(found)
    with database:
        write(stream, output)
    for error in wrong:
        say(str(error))


def _documentation(asked: NamedQuery) -> str:
    """What a query says of itself, as text for people."""
    from pageowner_sql.output.documentation import documentation

    return documentation(asked)
