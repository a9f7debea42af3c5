"""The report as one self-contained page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.output.memory_map.layout import scale_words
from pageowner_sql.output.model import (
    Breakdown,
    Facts,
    Findings,
    FlameGraph,
    Histogram,
    MemoryMap,
    Suspects,
    Table,
    Timeline,
    Weights,
)
from pageowner_sql.output.page import render_page
from pageowner_sql.output.plain import printable
from pageowner_sql.output.report.cells import cell_text, frame_links, is_number, row_values
from pageowner_sql.output.report.data import block_id, report_data
from pageowner_sql.output.report.timelines import timeline_table

if TYPE_CHECKING:
    from pageowner_sql.output.model import Block, Finding, Part, Report

_STATIC_ROWS = 12
_TEMPLATES: dict[type[Block], str] = {
    Breakdown: "breakdown",
    Facts: "facts",
    Findings: "findings",
    FlameGraph: "flame",
    Histogram: "histogram",
    MemoryMap: "map",
    Suspects: "suspects",
    Table: "table",
    Timeline: "timeline",
}


def report_html(report: Report) -> str:
    """Return the page. Raises PageOwnerError if the package was built without its browser part."""
    return render_page(
        "report.html.j2",
        "report",
        {"report-data": report_data(report)},
        report=report,
        template_of=template_of,
        block_id=block_id,
        cell_text=cell_text,
        frame_links=frame_links,
        is_number=is_number,
        row_values=row_values,
        pieces=_pieces,
        scale_words=scale_words,
        whole=whole,
        compared=has_older_values,
        largest=_largest,
        ratio=ratio,
        static_rows=_STATIC_ROWS,
        timeline_table=timeline_table,
        flame_id=_flame_id(report),
    )


def _flame_id(report: Report) -> str:
    """The element id of the first flame graph, '' without one."""
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, FlameGraph):
                return block_id(section, block)
    return ""


def _pieces(finding: Finding) -> list[tuple[bool, str]]:
    """Split a finding into plain text and names, with names marked."""
    plain = finding.text.split("{}")
    found: list[tuple[bool, str]] = [(False, plain[0])]
    for (_, name), text in zip(finding.names, plain[1:], strict=True):
        found += [(True, printable(name)), (False, text)]
    return [piece for piece in found if piece[1]]


def template_of(block: Block) -> str:
    """Name the macro that draws a block."""
    return _TEMPLATES[type(block)]


def has_older_values(parts: tuple[Part, ...]) -> bool:
    """Whether any part has an older value."""
    return any(part.old is not None for part in parts)


def whole(parts: tuple[Part, ...]) -> Weights:
    """Add up the parts."""
    return sum((part.weights for part in parts), Weights())


def _largest(parts: tuple[Part, ...]) -> int:
    sides = [part.weights.bytes for part in parts]
    sides += [part.old.bytes for part in parts if part.old is not None]
    return max(sides, default=0)


def ratio(part: float, whole: float) -> float:
    """Return `part` / `whole`, or 0 if `whole` is 0."""
    return part / whole if whole else 0.0
