"""`load`: dumps into the database."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.shared import Command, failures, session, with_options
from pageowner_sql.errors import UsageError
from pageowner_sql.output.plain import printable

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT", help="Files, folders, globs, FIFOs, - for stdin; plain or compressed"
    ),
]
Label = Annotated[
    str | None, typer.Option(metavar="NAME", help="Label of the dump [the file's stem]")
]
Kernel = Annotated[
    str | None, typer.Option(metavar="V", help="Kernel release that the dumps are of")
]
PROPERTIES: Mapping[str, Any] = {
    "host": Annotated[str | None, typer.Option(metavar="H", help="Machine that the dumps are of")],
    "kernel": Kernel,
    "captured_at": Annotated[
        str | None,
        typer.Option(
            metavar="T", help="When the dump was taken: ISO 8601, UTC unless it says otherwise"
        ),
    ],
    "tag": Annotated[list[str] | None, typer.Option("--tag", metavar="K=V", help="A tag; repeats")],
    "boot": Annotated[str | None, typer.Option(metavar="ID", help="Boot that the dumps are of")],
    "page_size": Annotated[
        str | None, typer.Option(metavar="N", help="Bytes of a base page [4096]")
    ],
}
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="FILE", help="Other accounts of memory of that moment; repeats"),
]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Threads to use [one for each processor]")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Load no dump with rejected records; exit with 3")
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Load folders of over 1,000 files or 5 GB unasked")
]


def with_properties(command: Command) -> Command:
    """Give `command` the options for a dump's properties; it is called with `properties`."""

    def pack(given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"properties": values.dump_properties(given)}

    return with_options(command, PROPERTIES, ("properties",), pack)


@with_properties
def load(
    context: typer.Context,
    inputs: Inputs,
    *,
    label: Label = None,
    with_: With = None,
    threads: Threads = None,
    strict: Strict = False,
    yes: Yes = False,
    properties: values.PropertyOptions,
) -> None:
    """Load dumps into the database.

    A dump is loaded once, and completely or not at all.
    """
    if label == "":
        raise UsageError("--label: the empty text is not a name; leave it out for the file's own")
    with failures(context) as failed, session(context, threads=threads) as db:
        db.load(
            *inputs,
            label=label,
            **properties,
            accounts=with_ or (),
            strict=strict,
            loaded=typer.echo,
            failed=failed,
            ask=None if yes or not sys.stdin.isatty() else _agrees,
        )


def _agrees(question: str) -> bool:
    return typer.confirm(printable(question), err=True)
