"""`flame`: what the stacks of a dump hold, as a flame graph or a profile."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.options import selecting
from pageowner_sql.cli.pictures import ShowSql, Target, named, write_bytes
from pageowner_sql.cli.shared import shared
from pageowner_sql.errors import UsageError
from pageowner_sql.questions.flame import ROOTS
from pageowner_sql.sql.grouping import Key, Where

Label = Annotated[str, typer.Argument(metavar="LABEL", help="A dump, or its file")]
Old = Annotated[
    str | None, typer.Argument(metavar="[OLD]", help="An older dump: the difference is drawn")
]
Root = Annotated[
    list[Key] | None,
    typer.Option("--root", metavar="KEY", help=f"Below the frames: {', '.join(ROOTS)}; repeats"),
]


@selecting
def flame(
    context: typer.Context,
    label: Label,
    old: Old = None,
    *,
    output: Target = None,
    root: Root = None,
    show_sql: ShowSql = False,
    where: Where,
) -> None:
    """Draw what each stack holds: .html, .folded (bytes), .speedscope.json or .pb.gz (pprof)."""
    from pageowner_sql.cli.labels import resolve_all
    from pageowner_sql.output.flame.files import flame_file
    from pageowner_sql.questions.flame import flame_graph, flame_plan, label_keys

    roots = _roots(root or [])
    target = named(output, show_sql=show_sql, command="flame")
    words = [label] if old is None else [label, old]
    opened = resolve_all(shared(context).db, words, show_sql=show_sql)
    dump, older = opened.dumps[0], opened.dumps[1] if old is not None else None
    labels = label_keys(opened.dumps) if target.endswith(".pb.gz") else ()
    with opened.database as database:
        if show_sql:
            plan = flame_plan(database, dump, older, [*roots, *labels], where)
            typer.echo(plan.shown(), nl=False)
            return
        graph = flame_graph(database, dump, older, roots=roots, labels=labels, where=where)
    write_bytes(target, flame_file(graph, target))


def _roots(keys: list[Key]) -> list[Key]:
    for key in keys:
        if key not in ROOTS:
            raise UsageError(f"--root {key}: is none; there is {', '.join(ROOTS)}")
    return keys
