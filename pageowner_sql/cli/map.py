"""`map`: physical memory as a picture, or in the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_selection
from pageowner_sql.cli.pictures import ShowSql, write_bytes
from pageowner_sql.cli.shared import session
from pageowner_sql.questions.memory_map import LayerKey
from pageowner_sql.sql.grouping import Where

if TYPE_CHECKING:
    from pageowner_sql.output.model import MemoryMap

Label = Annotated[
    str, typer.Argument(autocompletion=labels, metavar="LABEL", help="A dump, or its file")
]
By = Annotated[LayerKey, typer.Option("--by", metavar="KEY", help=f"Colour: {', '.join(LayerKey)}")]
Target = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help=".png or .svg [the terminal]")
]


@with_selection
def map_(
    context: typer.Context,
    label: Label,
    *,
    by: By = LayerKey.OWNER,
    output: Target = None,
    show_sql: ShowSql = False,
    where: Where,
) -> None:
    """Draw a map of physical memory.

    A cell is a range of page frames, coloured by what holds most of it.
    """
    from pageowner_sql.cli.answers import say_assumed
    from pageowner_sql.output.memory_map.files import map_file

    with session(context, show_sql=show_sql) as db:
        memory = db.map(label, by=by, where=where)
        if show_sql:
            say_assumed(db)
            typer.echo(memory.sql, nl=False)
            return
    if output is None:
        _print(memory, by)
    else:
        write_bytes(output, map_file(memory, by, output))


def _print(memory: MemoryMap, by: LayerKey) -> None:
    from rich.console import Console

    from pageowner_sql.output.memory_map.terminal import map_text

    width = shutil.get_terminal_size((100, 24)).columns
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    console = Console(width=width, highlight=False, markup=False, soft_wrap=False)
    console.print(map_text(memory, by, width, color=color))
