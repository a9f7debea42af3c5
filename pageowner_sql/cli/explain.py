"""`explain`: which rule gave a stack its owner and subsystem."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.options import giving_rows
from pageowner_sql.cli.shared import say, shared
from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count

if TYPE_CHECKING:
    from pageowner_sql.questions.explain import Meant
    from pageowner_sql.store.owners import Explanation

Stack = Annotated[
    str,
    typer.Argument(
        metavar="STACK",
        help="Its number (stack_id), a function in it, or its text, - for standard input",
    ),
]

_OWNER_BY = {
    "first": "the first frame past the plumbing",
    "helper": "the outermost helper: no other frame stands inside the boundary",
    "boundary": "the boundary itself: nothing but plumbing stands inside it",
    "plumbing": "the outermost frame: the stack holds nothing but plumbing",
    "none": "it has no frames",
}


@giving_rows
def explain(context: typer.Context, stack: Stack, *, output: Output, show_sql: bool) -> None:
    """Which rules gave a stack its owner and subsystem, frame by frame.

    Of several stacks with a function the one that it owns and that holds most. A stack that is in
    no dump is explained by the same rules.
    """
    from pageowner_sql.cli.answers import answer
    from pageowner_sql.questions.explain import meant

    found = meant(shared(context).db, sys.stdin.read() if stack == "-" else stack)
    with found.database as database:
        if show_sql and not found.loaded:
            raise UsageError("--show-sql: no dump here has this stack, so no SQL can ask for it")
        explanation = found.explanation()
        plan = found.plan(evidence=output.chosen is not Format.TABLE)
        caption = None if show_sql else _said(found, explanation)
        answer(database, plan, output, show_sql=show_sql, caption=caption)
    if found.others and not show_sql:
        say(
            f"{stack}: this is the largest of {count(found.others + 1)} stacks that it owns or is "
            f"in; pageowner-sql query stacks/through --param function={stack} lists those of a dump"
        )


def _said(found: Meant, explanation: Explanation) -> str:
    """What was decided, in one line."""
    decision = explanation.decision
    stack = f"stack {found.stack_id}" if found.loaded else "a stack of no dump here"
    module = f" [{printable(decision.owner_module)}]" if decision.owner_module else ""
    by = "by no rule"
    if decision.rule is not None:
        by = f"by rule {decision.rule} ({printable(decision.source or '')})"
    return (
        f"{stack}: owner {printable(decision.owner)}{module} "
        f"({_OWNER_BY[decision.owner_by]}), subsystem {decision.subsystem} {by}"
    )
