"""`symbols`: the files that frames are resolved to source lines with."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.options import with_rows
from pageowner_sql.cli.shared import session
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="vmlinux, *.ko, System.map, kallsyms, /proc/modules; a folder; a build id",
    ),
]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Modules or paths [all]")
]
Kernel = Annotated[
    str | None,
    typer.Option(metavar="V|LABEL", help="Use them only for dumps of that kernel or label"),
]
Servers = Annotated[
    str | None,
    typer.Option("--debuginfod", metavar="URLS", help="Servers of build ids [$DEBUGINFOD_URLS]"),
]


@app.callback(invoke_without_command=True)
@with_rows
def listing(context: typer.Context, *, output: Output, show_sql: bool) -> None:
    """List, add or remove symbol files for source lines.

    The list has the frames that each file resolves; other frames are counted by reason.
    """
    if context.invoked_subcommand is not None:
        return
    from pageowner_sql.cli.answers import answer

    with session(context, show_sql=show_sql) as db:
        answer(db, db.symbols(), output)


@app.command("add")
def add(
    context: typer.Context,
    files: Files,
    *,
    kernel: Kernel = None,
    debuginfod: Servers = None,
) -> None:
    """Add symbol files, and resolve the frames of every dump that they fit.

    A file whose functions have other sizes than the dumps print is of another build, and refused.
    """
    with session(context) as db:
        for line in db.add_symbols(*files, kernel=kernel, debuginfod=debuginfod):
            typer.echo(line)


@app.command("rm")
def remove(context: typer.Context, names: Names = None) -> None:
    """Remove symbol files and the source lines that they gave."""
    with session(context) as db:
        for path in db.remove_symbols(*(names or ())):
            typer.echo(f"{printable(path)}: removed")
