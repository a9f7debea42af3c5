"""`lake`: dumps of many machines in a folder of Delta tables, and questions about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.completions import query_names
from pageowner_sql.cli.load import Inputs, Strict, Threads, with_properties
from pageowner_sql.cli.options import with_rows
from pageowner_sql.cli.pictures import Target, target_file, write_bytes
from pageowner_sql.cli.query import Params
from pageowner_sql.cli.report import Form, Title, format_by_ending, written
from pageowner_sql.cli.shared import failures, say, shared
from pageowner_sql.cli.sql import File, Text, check_one, script_text
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, size
from pageowner_sql.sql.params import parse_value

if TYPE_CHECKING:
    from pageowner_sql.lake.lake import Lake

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Location = Annotated[
    str, typer.Argument(metavar="LAKE", help="A folder, or a URL: s3://…, gs://…, az://…")
]
Name = Annotated[
    str | None,
    typer.Argument(
        autocompletion=query_names, metavar="[NAME]", help="A named query [the list of all]"
    ),
]
FromPath = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        help="Facts from each path: groups (?P<host>…), kernel, captured_at, boot_id; others are "
        "tags",
    ),
]
Records = Annotated[
    bool, typer.Option("--records", help="Keep every record, not only what records add up to")
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact",
        help="Hash names of processes, cgroups, hosts and dumps, and addresses in stacks",
    ),
]
RedactKey = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Key of these hashes, which makes them equal in later calls"),
]


KeepDays = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Remove dumps of days before the last N [keep all]"),
]
GraceHours = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Delete unused files after N hours: queries and writers that run longer need them",
    ),
]


Engine = Annotated[
    str, typer.Option(metavar="NAME", help="The engine: duckdb, or spark (Apache Spark)")
]
Master = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Spark's: local[N], spark://…, yarn, sc://… [local[*]]"),
]


def open_lake(
    context: typer.Context,
    location: str,
    threads: int | None = None,
    engine: str = "duckdb",
    master: str | None = None,
) -> Lake:
    """The lake that the user named, which says on stderr what there is to say."""
    from pageowner_sql.lake.lake import Lake

    limit = shared(context).memory_limit
    return Lake(
        location, say=say, memory_limit=limit, threads=threads, engine=engine, master=master
    )


@app.callback()
def lake() -> None:
    """Collect dumps of many machines, and ask about all of them."""


@app.command("add")
@with_properties
def add(
    context: typer.Context,
    location: Location,
    inputs: Inputs,
    *,
    from_path: FromPath = None,
    records: Records = False,
    redact: Redact = False,
    redact_key: RedactKey = None,
    strict: Strict = False,
    engine: Engine = "duckdb",
    master: Master = None,
    properties: values.PropertyOptions,
) -> None:
    """Add dumps to a lake.

    The lake is made if there is none. Each dump is added once, even if several machines add it.
    """
    with (
        failures(context) as failed,
        open_lake(context, location, engine=engine, master=master) as opened,
    ):
        opened.add(
            *inputs,
            **properties,
            from_path=from_path,
            records=records,
            redact=redact,
            redact_key=redact_key,
            strict=strict,
            added=typer.echo,
            failed=failed,
        )


@app.command("query")
@with_rows
def query(
    context: typer.Context,
    location: Location,
    wanted: Name = None,
    *,
    param: Params = None,
    threads: Threads = None,
    engine: Engine = "duckdb",
    master: Master = None,
    output: Output,
    show_sql: bool,
) -> None:
    """List the named queries about lakes, or run one.

    `query NAME --help` documents a query.
    """
    from pageowner_sql.cli.answers import show, write

    if wanted is None:
        _list(output)
        return
    given = values.pairs(param or (), "--param")
    limit = output.limit or None
    with open_lake(context, location, threads, engine, master) as opened:
        if show_sql:
            show(opened.query_sql(wanted, given, limit), output)
        else:
            write(opened.query_values(wanted, given, limit).stream, output.unlimited)


@app.command("sql")
@with_rows
def sql(
    context: typer.Context,
    location: Location,
    text: Text = None,
    *,
    file: File = None,
    param: Params = None,
    threads: Threads = None,
    engine: Engine = "duckdb",
    master: Master = None,
    output: Output,
    show_sql: bool,
) -> None:
    """Run SQL on a lake's tables: dumps, stacks, groups, records."""
    from pageowner_sql.cli.answers import show, write_all

    name, words = script_text(text, file)
    params = {
        name: parse_value(word) for name, word in values.pairs(param or (), "--param").items()
    }
    if engine != "duckdb":
        with open_lake(context, location, threads, engine, master) as opened:
            if show_sql:
                show(opened.spark_sql(words, params), output)
            else:
                write_all([opened.sql(words, **params).stream], output)
        return
    with (
        open_lake(context, location, threads, engine, master) as opened,
        opened.script(words, params, name=name) as script,
    ):
        if show_sql:
            show(script.shown(output.limit or None), output)
            return
        check_one(script.sql.queries, output)
        write_all(script.streams(), output)


@app.command("report")
def report(
    context: typer.Context,
    location: Location,
    *,
    output: Target = None,
    title: Title = None,
    form: Form = None,
    threads: Threads = None,
    engine: Engine = "duckdb",
    master: Master = None,
) -> None:
    """Write a page about the fleet.

    It shows what changed between kernels, what grows and what stands out.
    """
    target = target_file(output, show_sql=False, command="lake report")
    form = form or format_by_ending(target)
    with open_lake(context, location, threads, engine, master) as opened:
        made = opened.report(title=title)
    write_bytes(target, written(made, form).encode())


@app.command("compact")
def compact(
    context: typer.Context,
    location: Location,
    *,
    keep_days: KeepDays = None,
    grace_hours: GraceHours = 168,
) -> None:
    """Make large files of small ones; remove old days.

    Others can read and add meanwhile.
    """
    with open_lake(context, location) as opened:
        for table in opened.compact(keep_days=keep_days, grace_hours=grace_hours):
            typer.echo(
                f"{table.table}: {count(table.after)} files, were {count(table.before)}; "
                f"{size(table.bytes)}; {count(table.deleted)} unused files deleted"
            )


def _list(output: Output) -> None:
    from pageowner_sql.cli.answers import write
    from pageowner_sql.questions.query_catalog import catalog_in_force, catalog_stream
    from pageowner_sql.sql.catalog import LAKE

    database, stream, _ = catalog_stream(catalog_in_force(), LAKE)
    with database:
        write(stream, output.whole)
