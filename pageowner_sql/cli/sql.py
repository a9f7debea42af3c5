"""`sql`: ad-hoc SQL, from the argument, a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.bounds import Timeout, enforce_bounds
from pageowner_sql.cli.options import with_rows, with_selection
from pageowner_sql.cli.shared import say, session
from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.open_files import protect_input
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.params import parse_value

Text = Annotated[
    str | None, typer.Argument(metavar="[TEXT]", help="SQL, one statement or more [stdin]")
]
File = Annotated[str | None, typer.Option("-f", "--file", metavar="FILE", help="File with SQL")]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param", metavar="K=V", help="Value of $K: a number, text, or '…' always text; repeats"
    ),
]
Write = Annotated[bool, typer.Option("--write", help="Allow changes to the database")]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="No files, network, extensions or settings for the SQL")
]


@with_rows
@with_selection
def sql(
    context: typer.Context,
    text: Text = None,
    *,
    file: File = None,
    param: Params = None,
    write: Write = False,
    sandbox: Sandbox = False,
    timeout: Timeout = None,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """Run SQL on the database.

    Statements can read the database; to change it they need --write. Several statements run in
    order, and the rows of each are printed.
    """
    from pageowner_sql.cli.answers import show, write_all

    name, words = script_text(text, file)
    params = {
        name: parse_value(word) for name, word in values.pairs(param or (), "--param").items()
    }
    with (
        session(context, show_sql=show_sql, files=True) as db,
        enforce_bounds(context, timeout, sandbox=sandbox),
        db.script(words, params, name=name, where=where, write=write, sandbox=sandbox) as script,
    ):
        if show_sql:
            show(script.shown(output.limit or None), output)
            return
        check_one(script.sql.queries, output)
        for dump in script.left_out:
            say(f"{dump.label}: left out; it does not know what was selected by")
        changed = write_all(script.streams(), output)
    if changed is not None:
        say(f"{count(changed)} rows changed")


def script_text(text: str | None, file: str | None) -> tuple[str, str]:
    """What errors call the SQL, and the SQL."""
    if text is not None and file is not None:
        raise UsageError("sql: give TEXT or -f FILE, not both")
    if file not in (None, "-"):
        return str(file), _read(Path(str(file)))
    if text not in (None, "-"):
        return "SQL", str(text)
    if sys.stdin.isatty():
        raise UsageError("sql: give the SQL as TEXT, with -f FILE, or on standard input")
    return "stdin", sys.stdin.read()


def _read(path: Path) -> str:
    protect_input(path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 at byte {error.start}") from error


def check_one(queries: int, output: Output) -> None:
    """Raise UsageError where two results would have to share a file that can hold one."""
    if queries > 1 and output.chosen not in (Format.TABLE, Format.MARKDOWN):
        raise UsageError(
            f"--format {output.chosen}: takes the rows of one statement, and {queries} give rows"
        )
