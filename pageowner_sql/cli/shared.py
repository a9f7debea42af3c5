"""What every command knows: the options before its name. Imports nothing heavy."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    import typer

    from pageowner_sql.api import Session

DEFAULT_DATABASE = "pageowner.duckdb"


@dataclass(frozen=True)
class Shared:
    """The options that stand before the command's name."""

    db: str
    debug: bool = False


def database_file(given: str | None) -> str:
    """The database in use: as given, else $PAGEOWNER_DB, else a file in the working directory."""
    return given or os.environ.get("PAGEOWNER_DB") or DEFAULT_DATABASE


def shared(context: typer.Context) -> Shared:
    """The shared options of the command that runs in `context`."""
    return cast("Shared", context.find_root().obj)


@contextmanager
def session(
    context: typer.Context, *, show_sql: bool = False, files: bool = False
) -> Iterator[Session]:
    """A session on the database in use, which says on stderr what it loads.

    With `show_sql` it is dry. With `files`, for SQL of the user's own, SQL may use other files.
    """
    from pageowner_sql.api import Session
    from pageowner_sql.cli.progress import ProgressBar

    bar = ProgressBar()
    path = shared(context).db
    said = bar.above(say)
    with bar, Session(path, say=said, progress=bar.show, dry=show_sql, files=files) as opened:
        yield opened


def say(message: str) -> None:
    """One line of talk on stderr; control characters in it are spelled out."""
    sys.stderr.write(f"{printable(message)}\n")
    sys.stderr.flush()


def complain(error: object) -> None:
    """Say why something could not be done."""
    say(f"pageowner-sql: {error}")


def point(error: object) -> None:
    """Show on a terminal the line of the input that an error is in, with a caret."""
    if isinstance(error, PageOwnerError) and error.pointer and sys.stderr.isatty():
        for line in error.pointer:
            say(f"  {line}")
