"""Options that many commands share, written once: which records, and how rows come out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from keyword import iskeyword
from typing import Annotated, Any

import typer

from pageowner_sql.cli.shared import Command, with_options
from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output
from pageowner_sql.sql.grouping import Key

_MEANINGS: Mapping[Key, str] = {
    Key.STACK: "Stack: its number, or its text",
    Key.FUNCTION_STACK: "Functions of the stack, a line each",
    Key.OWNER: "Function that the memory is for",
    Key.SUBSYSTEM: "Part of the kernel that the memory is for",
    Key.MODULE: "Module, vmlinux for the kernel itself",
    Key.COMM: "Name of the thread that allocated",
    Key.PID: "Thread that allocated",
    Key.TGID: "Its process",
    Key.MEMCG: "Memory cgroup charged",
    Key.ALLOCATOR: "CMA, SLAB, VMALLOC, OTHERS",
    Key.MIGRATETYPE: "The page's own migratetype",
    Key.GFP: "GFP flags, as printed",
    Key.ORDER: "Order of the allocation",
    Key.FUNCTION: "Function in the stack",
    Key.NODE: "NUMA node",
    Key.ZONE: "Zone, by number",
    Key.CLASS: "Class of memory, by the counter of meminfo that has it",
    Key.SLAB_NAME: "Slab cache, where a vendor's kernel prints it",
    Key.PAGE_FILE: "File (device and inode), where a vendor's kernel prints it",
    Key.PAGE_USE: "SLAB_PAGE, FILE_PAGE or ANON_PAGE, where a vendor's kernel prints it",
    Key.MEMCG_OFFLINE: "The cgroup charged was deleted: true or false",
    Key.MAINTAINER_ENTRY: "Entry of MAINTAINERS that the owner's file is in (symbols add)",
}
_OTHER_NAMES = {Key.COMM: ("--name",)}


def _keys() -> Iterator[tuple[str, Any]]:
    """The options of every key: one that takes values, and one that leaves them out."""
    for key in Key:
        names = (f"--{key}", *_OTHER_NAMES.get(key, ()))
        nots = tuple(name.replace("--", "--not-", 1) for name in names)
        metavar = "N" if key.is_number else "TEXT"
        shown = typer.Option(*names, metavar=metavar, help=_MEANINGS[key])
        hidden = typer.Option(*nots, metavar=metavar, hidden=True)
        # A parameter cannot have a keyword's name.
        yield f"{key.column}{'_' * iskeyword(key.column)}", Annotated[list[str] | None, shown]
        yield f"not_{key.column}", Annotated[list[str] | None, hidden]


SELECTION: Mapping[str, Any] = {
    **dict(_keys()),
    "since": Annotated[
        str | None,
        typer.Option(
            metavar="T", help="Allocated then or later: 90s before the dump, boot+90s, or a date"
        ),
    ],
    "until": Annotated[
        str | None, typer.Option(metavar="T", help="Allocated then or earlier, written likewise")
    ],
    "where": Annotated[
        str | None,
        typer.Option(metavar="SQL", help="An expression over a row of live_allocations"),
    ],
}

# How the options of keys are written; the help of a command with them ends with it.
SELECTION_NOTE = (
    "Options named after a KEY select records; repeat one for any of several values. --not-KEY "
    "excludes a value. In a value, `*` matches any characters, \\* a star, and \\xNN a byte that "
    "is not UTF-8."
)

ROWS: Mapping[str, Any] = {
    "format": Annotated[
        Format | None, typer.Option("--format", help="[the file's ending, else table]")
    ],
    "output": Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where rows go [standard output]"),
    ],
    "limit": Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Rows at most; 0 for all")
    ],
    "full_stack": Annotated[
        bool,
        typer.Option("--full-stack", help="On a terminal, show the frames of the allocator too"),
    ],
    "show_sql": Annotated[
        bool, typer.Option("--show-sql", help="Print the SQL that would run, and run nothing")
    ],
}


LINES: Mapping[str, Any] = {
    "lines": Annotated[
        bool, typer.Option("--lines", help="Source lines in stacks (symbols add gives them)")
    ],
    "source_url": Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help="--lines as links: https://…/{file}#L{line}"),
    ],
}


def with_lines(command: Command) -> Command:
    """Give `command` the options of source lines; it is called with `lines` and `source_url`."""
    return with_options(command, LINES, ("lines", "source_url"), dict)


def with_selection(command: Command) -> Command:
    """Give `command` the options that select records; it is called with `where`, a Where."""
    made = with_options(command, SELECTION, ("where",), _where)
    made.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n{SELECTION_NOTE}"
    return made


def with_rows(command: Command) -> Command:
    """Give `command` the options of output; it is called with `output`, an Output, and `show_sql`.

    `output.limit` is None where nothing was said, and 0 where all rows were asked for.
    """
    return with_options(command, ROWS, ("output", "show_sql"), _output)


def _where(given: Mapping[str, Any]) -> Mapping[str, Any]:
    from pageowner_sql.cli.shared import say
    from pageowner_sql.sql.filters import where

    made = where(**{name: value for name, value in given.items() if value is not None})
    return {"where": replace(made, tell=say)}


def _output(given: Mapping[str, Any]) -> Mapping[str, Any]:
    output = Output(given["format"], given["output"], given["limit"], given["full_stack"])
    if given["show_sql"] and output.format is None:
        # A file for SQL has the ending of no format; the SQL is that of a table.
        output = replace(output, format=Format.TABLE)
    if not given["show_sql"]:
        check_terminal(output)
    return {"output": output, "show_sql": given["show_sql"]}


def check_terminal(output: Output) -> None:
    """Raise UsageError where bytes would go to a terminal."""
    from pageowner_sql.output.formats import BINARY
    from pageowner_sql.output.table import is_terminal

    if output.chosen in BINARY and output.target in (None, "-") and is_terminal():
        raise UsageError(f"--format {output.chosen}: is not text; give a file with -o")
