"""The report as Markdown, for a mail or an issue: the same figures without the longest rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pageowner_sql.output import units
from pageowner_sql.output.model import Breakdown, Facts, Histogram, Suspects, Table, Timeline
from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.output.report.cells import cell_text, is_number, row_values
from pageowner_sql.output.report.html import has_older_values, ratio, template_of, whole
from pageowner_sql.output.report.timelines import timeline_table
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from pageowner_sql.output.model import Block, CellKind, Finding, Report, Value

_ROWS = 10
_FRAMES = 8
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&@~])")
_TICKS = re.compile(r"`+")
_NAMES: tuple[CellKind, ...] = ("text", "stack")


def report_markdown(report: Report) -> str:
    """Return the text; names are set as code, so that they contain no markup."""
    environment = html_environment()
    environment.filters.update(md=escape, code=code, size=units.size, count=units.count)
    template = environment.get_template("report.md.j2")
    return template.render(
        report=report,
        template_of=template_of,
        cell=_cell,
        sentence=_sentence,
        is_number=is_number,
        row_values=row_values,
        whole=whole,
        ratio=ratio,
        compared=has_older_values,
        percent=units.share,
        bars=_bars,
        queries=_queries(report),
        fence=_fence,
        timeline_table=timeline_table,
        rows=_ROWS,
    )


def escape(text: str) -> str:
    """Escape Markdown, HTML and mentions."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def code(text: str) -> str:
    """Set a name as code; in a table a bar must be escaped even in code."""
    shown = printable(text).replace("|", r"\|")
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _cell(value: Value, kind: CellKind) -> str:
    if value is None or kind not in _NAMES:
        return escape(cell_text(value, kind))
    if isinstance(value, tuple):
        more = " < \N{HORIZONTAL ELLIPSIS}" if len(value) > _FRAMES else ""
        return code(" < ".join(str(frame) for frame in value[:_FRAMES]) + more)
    return code(str(value))


def _sentence(finding: Finding) -> str:
    plain = finding.text.split("{}")
    pairs = zip(finding.names, plain[1:], strict=True)
    return escape(plain[0]) + "".join(code(name) + escape(text) for (_, name), text in pairs)


def _bars(block: Histogram) -> list[str]:
    """One bar per bucket, the largest twenty characters long."""
    top = max((part.weights.bytes for part in block.parts), default=0)
    return ["\N{FULL BLOCK}" * round(20 * ratio(part.weights.bytes, top)) for part in block.parts]


def _queries(report: Report) -> list[tuple[str, str]]:
    """List each statement of the report once, under the title of its first figure."""
    queries: dict[str, str] = {}
    for section in report.sections:
        for block in section.blocks:
            for title, sql in _statements(block):
                queries.setdefault(printable_lines(sql), title)
    queries.pop("", None)
    return [(title, sql) for sql, title in queries.items()]


def _statements(block: Block) -> list[tuple[str, str]]:
    match block:
        case Facts():
            return [(fact.title, fact.sql) for fact in block.facts]
        case Suspects():
            return [("Leak suspects", block.sql)]
        case Timeline():
            return [(block.title, block.sql)]
        case Table() | Breakdown() | Histogram():
            return [(block.title, block.sql)]
        case _:
            return []  # figures that are not shown need no statement


def _fence(text: str) -> str:
    """Return a fence longer than any run of backticks in the text."""
    return "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
