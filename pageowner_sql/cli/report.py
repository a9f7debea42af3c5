"""`report`: a page to send, about one dump or about what changed since older ones."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.completions import labels
from pageowner_sql.cli.leaks import Period
from pageowner_sql.cli.options import with_lines, with_selection
from pageowner_sql.cli.pictures import ShowSql, Target, target_file, write_bytes
from pageowner_sql.cli.shared import session
from pageowner_sql.errors import UsageError
from pageowner_sql.sql.grouping import Where

if TYPE_CHECKING:
    from pageowner_sql.output.model import Report


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"


Label = Annotated[
    str | None, typer.Argument(autocompletion=labels, metavar="[LABEL]", help="A dump, or its file")
]
Olds = Annotated[
    list[str] | None,
    typer.Argument(
        autocompletion=labels,
        metavar="[OLD]...",
        help="Older dumps; it is compared with the oldest",
    ),
]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="The page's title")]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact",
        help="Hash names of processes, cgroups and dumps, values of filters, and addresses",
    ),
]
Form = Annotated[
    ReportFormat | None,
    typer.Option("--format", help="[markdown for a file that ends in .md, else html]"),
]


@with_lines
@with_selection
def report(
    context: typer.Context,
    label: Label = None,
    olds: Olds = None,
    *,
    period: Period = "1d",
    output: Target = None,
    title: Title = None,
    redact: Redact = False,
    lines: bool,
    source_url: str | None,
    form: Form = None,
    show_sql: ShowSql = False,
    where: Where,
) -> None:
    """Write a report as one self-contained page.

    It says what the memory is, who holds it and what changed, with the SQL of every figure. The
    page loads nothing and sends nothing, so you can attach it to a bug report; --redact removes
    names. Of samples, --since and --until give the span: the page draws how owners moved, and says
    which grew evenly, at once, with the day, or for a short time.
    """
    from pageowner_sql.cli.answers import say_assumed
    from pageowner_sql.sql.timespec import duration

    target = target_file(output, show_sql=show_sql, command="report")
    form = form or format_by_ending(target)
    with session(context, show_sql=show_sql) as db:
        if show_sql:
            sql = db.report_sql(
                label, *(olds or ()), where=where, lines=lines, source_url=source_url
            )
            say_assumed(db)
            typer.echo(sql, nl=False)
            return
        made = db.report(
            label,
            *(olds or ()),
            title=title,
            redact=redact,
            where=where,
            period=duration(period, "--period") / 1e9,
            lines=lines,
            source_url=source_url,
        )
    write_bytes(target, written(made, form).encode())


def format_by_ending(target: str) -> ReportFormat:
    """The format that a file's ending means. Raises UsageError for another ending."""
    ending = Path(target).suffix
    if ending == ".md":
        return ReportFormat.MARKDOWN
    if ending in (".html", ".htm", ""):
        return ReportFormat.HTML
    raise UsageError(
        f"a report cannot be written as {target!r}; its name may end in .html or .md, "
        f"or give --format"
    )


def written(made: Report, form: ReportFormat) -> str:
    """The text of a report."""
    if form is ReportFormat.MARKDOWN:
        from pageowner_sql.output.report.markdown import report_markdown

        return report_markdown(made)
    from pageowner_sql.output.report.html import report_html

    return report_html(made)
