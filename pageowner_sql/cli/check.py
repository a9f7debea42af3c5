"""`check`: whether a dump keeps its budgets, for CI."""

from __future__ import annotations

from typing import Annotated

import typer

from pageowner_sql.cli.shared import say, session
from pageowner_sql.errors import BrokenBudgetError, UsageError
from pageowner_sql.output.gate.formats import GateFormat
from pageowner_sql.sql.grouping import Key

Label = Annotated[str, typer.Argument(metavar="NEW", help="A dump, or its file")]
Baselines = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[BASELINE]...", help="Older dumps, for limits of growth: their medians"
    ),
]
BudgetPath = Annotated[
    str | None, typer.Option("--budget", metavar="FILE.toml", help="The budgets: docs/ci.md")
]
MakeBudget = Annotated[
    bool, typer.Option("--make-budget", help="Write a budget file that these dumps keep instead")
]
BudgetKey = Annotated[
    Key | None, typer.Option("--by", metavar="KEY", help="With --make-budget [subsystem]")
]
Headroom = Annotated[
    int | None,
    typer.Option(min=0, metavar="PERCENT", help="With --make-budget: how much more [25]"),
]
Form = Annotated[GateFormat, typer.Option("--format", help="How findings are written")]
Target = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="The file to write [standard output]"),
]
ShowSql = Annotated[
    bool, typer.Option("--show-sql", help="Print the SQL that would run, and run nothing")
]


def check(
    context: typer.Context,
    label: Label,
    baselines: Baselines = None,
    *,
    budget: BudgetPath = None,
    make_budget: MakeBudget = False,
    by: BudgetKey = None,
    headroom: Headroom = None,
    form: Form = GateFormat.TEXT,
    output: Target = None,
    show_sql: ShowSql = False,
) -> None:
    """Check a dump against budgets, for CI.

    A budget limits what groups of records hold, how much they grow, or that they leak. The exit
    code is 4 if a budget is broken. Each failure comes with its evidence, its largest stack and
    the SQL.
    """
    if make_budget == (budget is not None):
        raise UsageError("check: give --budget FILE.toml, or --make-budget")
    if not make_budget and (by or headroom is not None):
        raise UsageError("check: --by and --headroom go with --make-budget")
    words = (label, *(baselines or ()))
    if make_budget:
        with session(context) as db:
            share = (25 if headroom is None else headroom) / 100
            _write(output, db.make_budget(*words, by=by or Key.SUBSYSTEM, headroom=share))
        return
    _check(context, words, str(budget), form, output, show_sql=show_sql)


def _check(
    context: typer.Context,
    words: tuple[str, ...],
    budget: str,
    form: GateFormat,
    output: str | None,
    *,
    show_sql: bool,
) -> None:
    from pageowner_sql.output.gate.formats import gate_output
    from pageowner_sql.output.gate.words import verdict

    with session(context, show_sql=show_sql) as db:
        report = db.check(*words, budget=budget)
        if show_sql:
            _write(output, "".join(f"-- {each.name}\n{each.sql}" for each in report.checks))
            return
    _write(output, gate_output(report, form))
    if form not in (GateFormat.TEXT, GateFormat.JSON):
        for note in report.notes:
            say(note)
    if report.broken:
        raise BrokenBudgetError(verdict(report))


def _write(target: str | None, text: str) -> None:
    from pageowner_sql.output.targets import binary_output

    with binary_output(target) as file:
        file.write(text.encode(errors="surrogateescape"))
