"""`flame`: what the stacks of a dump hold, as a flame graph or a profile."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.options import with_lines, with_selection
from pageowner_sql.cli.pictures import ShowSql, Target, target_file, write_bytes
from pageowner_sql.cli.shared import session
from pageowner_sql.cli.top import At
from pageowner_sql.questions.flame import ROOTS
from pageowner_sql.sql.grouping import Key, Where

Label = Annotated[
    str | None, typer.Argument(autocompletion=labels, metavar="[LABEL]", help="A dump, or its file")
]
Old = Annotated[
    str | None,
    typer.Argument(
        autocompletion=labels, metavar="[OLD]", help="An older dump: the difference is drawn"
    ),
]
Root = Annotated[
    list[Key] | None,
    typer.Option("--root", metavar="KEY", help=f"Below the frames: {', '.join(ROOTS)}; repeats"),
]


@with_lines
@with_selection
def flame(
    context: typer.Context,
    label: Label = None,
    old: Old = None,
    *,
    at: At = None,
    output: Target = None,
    root: Root = None,
    lines: bool,
    source_url: str | None,
    show_sql: ShowSql = False,
    where: Where,
) -> None:
    """Draw a flame graph of the memory that stacks hold.

    The ending of the file selects the format: .html, .svg, .folded (bytes), .speedscope.json
    or .pb.gz (pprof). Of samples, --at draws one, --since and --until what changed between two.
    """
    from pageowner_sql.cli.answers import say_assumed
    from pageowner_sql.output.flame.files import flame_file
    from pageowner_sql.questions.flame import root_keys

    target = target_file(output, show_sql=show_sql, command="flame")
    root_keys(root or [])
    with session(context, show_sql=show_sql) as db:
        labels = target.endswith(".pb.gz")
        graph = db.flame(
            label,
            old,
            at=at,
            root=root or (),
            labels=labels,
            where=where,
            lines=lines,
            source_url=source_url,
        )
        if show_sql:
            say_assumed(db)
            typer.echo(f"{graph.sql};")
            return
    write_bytes(target, flame_file(graph, target))
