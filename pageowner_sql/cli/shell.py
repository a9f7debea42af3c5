"""`shell`: the interactive SQL shell, or another client on the same file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pageowner_sql.cli.bounds import Timeout, bounded, seconds
from pageowner_sql.cli.shared import shared
from pageowner_sql.errors import PageOwnerError

Ui = Annotated[
    str | None,
    typer.Option("--ui", metavar="NAME", help="Another shell, where installed: duckdb, harlequin"),
]
Write = Annotated[
    bool, typer.Option("--write", help="Allow changes; holds the file until the shell ends")
]


def shell(
    context: typer.Context, *, ui: Ui = None, write: Write = False, timeout: Timeout = None
) -> None:
    """An interactive SQL shell: history, completion, named queries, a pager.

    Read-only unless --write, and then the file is held only while a statement runs.
    Where standard input is no terminal, SQL is read from it, as `sql` does.
    """
    path = shared(context).db
    if ui is not None:
        from pageowner_sql.shell.clients import run_client

        raise typer.Exit(run_client(ui, path, write=write))
    if not sys.stdin.isatty():
        with bounded(timeout):
            _piped(path, write=write)
        return
    try:
        from pageowner_sql.shell.loop import run_shell
    except ModuleNotFoundError as error:
        if error.name not in ("prompt_toolkit", "pygments"):
            raise
        raise PageOwnerError(
            "shell: needs a line editor; get it with: pip install 'pageowner-sql[shell]'"
        ) from error
    run_shell(path, write=write, timeout=seconds(timeout))


def _piped(path: str, *, write: bool) -> None:
    from pageowner_sql.cli.answers import write_all
    from pageowner_sql.output.rows import Output
    from pageowner_sql.questions.user_sql import Asked
    from pageowner_sql.sql.grouping import Where
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.sql_errors import Script

    mode = Mode.WRITE if write and Path(path).exists() else Mode.READ
    with Database.open(path, mode, files=True) as database:
        asked = Asked(database, Script("stdin", sys.stdin.read()), {}, Where())
        write_all(asked.streams(), Output())
