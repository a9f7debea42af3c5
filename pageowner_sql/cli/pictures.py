"""What the commands that draw have in common: the file they write."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.shared import say
from pageowner_sql.errors import UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import size

Target = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help="The file to write")
]
ShowSql = Annotated[
    bool, typer.Option("--show-sql", help="Print the SQL that would run, and run nothing")
]


def target_file(target: str | None, *, show_sql: bool, command: str) -> str:
    """The file to write. Raises UsageError where none is given and one is needed."""
    if target is None and not show_sql:
        raise UsageError(f"{command}: give the file to write with -o FILE")
    return target or ""


def write_bytes(target: str, content: bytes) -> None:
    """Write a file, whole or not at all, and say so."""
    from pageowner_sql.output.files import open_output

    with open_output(target) as file:
        file.write(content)
    if target != "-":
        say(f"{printable(target)}: {size(len(content))}")
