"""`export`: a dump's own text, byte for byte, or its allocations as rows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import ROWS, check_terminal, with_selection
from pageowner_sql.cli.shared import say, session, with_options
from pageowner_sql.output.formats import ENDINGS, Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.targets import COMPRESSIONS
from pageowner_sql.output.units import count
from pageowner_sql.sql.grouping import Where

TEXT = "page_owner"
SHOW_STACKS = "show_stacks"

_NAMES = {name: name for name in (TEXT, SHOW_STACKS, *Format)}
ExportFormat = StrEnum("ExportFormat", _NAMES)  # type: ignore[misc]  # mypy wants the names written out


_OPTIONS = {
    **ROWS,
    "format": Annotated[
        ExportFormat | None,
        typer.Option(
            "--format",
            help="page_owner is the dump's text, show_stacks its stacks with their pages "
            "[the file's ending, else page_owner]",
        ),
    ],
}

Label = Annotated[
    str, typer.Argument(autocompletion=labels, metavar="LABEL", help="A dump, or its file")
]


def _exporting(given: Mapping[str, Any]) -> Mapping[str, Any]:
    form = given["format"] or _by_ending(given["output"])
    rows = None if form in (TEXT, SHOW_STACKS) else Format(form)
    output = Output(rows, given["output"], given["limit"])
    if rows and not given["show_sql"]:
        check_terminal(output)
    return {
        "output": output,
        "show_sql": given["show_sql"],
        "show_stacks": form == SHOW_STACKS,
    }


def _by_ending(target: str | None) -> str:
    path = Path(target or "-")
    path = path.with_suffix("") if path.suffix in COMPRESSIONS else path
    return ENDINGS[path.suffix].value if path.suffix in ENDINGS else TEXT


def _options(command: Any) -> Any:
    return with_options(command, _OPTIONS, ("output", "show_sql", "show_stacks"), _exporting)


@_options
@with_selection
def export(
    context: typer.Context,
    label: Label,
    *,
    where: Where,
    output: Output,
    show_sql: bool,
    show_stacks: bool,
) -> None:
    """Write a dump's text back, or its allocations as a table.

    The text is the loaded text, byte for byte. --format show_stacks writes what the kernel's
    page_owner_stacks/show_stacks would print: each stack with its base pages, the largest first.
    A file that ends in .gz .xz .zst .bz2 .lz4 is compressed.
    """
    from pageowner_sql.cli.answers import answer

    with session(context, show_sql=show_sql) as db:
        if output.format is not None:
            answer(db, db.allocations(label, where=where, limit=output.limit or None), output)
        elif show_sql:
            answer(db, db.text(label, where=where, show_stacks=show_stacks), output)
        else:
            written = db.export(label, output.target or "-", where=where, show_stacks=show_stacks)
            if output.target not in (None, "-"):
                say(f"{printable(str(output.target))}: {count(written)} bytes of {label}")
