"""`shell`: the interactive SQL shell, or another client on the same file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from pageowner_sql.cli.bounds import Timeout, enforce_bounds, seconds
from pageowner_sql.cli.shared import session, shared
from pageowner_sql.errors import PageOwnerError
from pageowner_sql.store.limits import memory_settings

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
    """Start an interactive SQL shell.

    It has history, completion, named queries and a pager. It is read-only without --write, and
    holds the file only while a statement runs. If standard input is not a terminal, the shell
    reads SQL from it, as `sql` does.
    """
    given = shared(context)
    path, settings = given.db, memory_settings(given.memory_limit)
    if ui is not None:
        from pageowner_sql.shell.clients import run_client

        raise typer.Exit(run_client(ui, path, write=write))
    if not sys.stdin.isatty():
        with enforce_bounds(context, timeout):
            _piped(context, write=write)
        return
    try:
        from pageowner_sql.shell.loop import run_shell
    except ModuleNotFoundError as error:
        if error.name not in ("prompt_toolkit", "pygments"):
            raise
        raise PageOwnerError(
            "shell: needs a line editor; get it with: pip install 'pageowner-sql[shell]'"
        ) from error
    run_shell(
        path,
        write=write,
        timeout=seconds(timeout),
        settings=settings,
        run_words=partial(_command, context, timeout),
    )


def _command(context: typer.Context, timeout: str | None, words: Sequence[str]) -> None:
    """Run a command of the shell as the command line would."""
    from pageowner_sql.cli.commands import run_command

    given = shared(context).given
    with enforce_bounds(context, timeout):
        run_command([*(["--db", given] if given else []), *words])


def _piped(context: typer.Context, *, write: bool) -> None:
    from pageowner_sql.cli.answers import write_all
    from pageowner_sql.output.rows import Output

    text = sys.stdin.read()
    with session(context, files=True) as db, db.script(text, name="stdin", write=write) as script:
        write_all(script.streams(), Output())
