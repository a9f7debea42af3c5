"""The input of the report's scripts: tables, flame graphs and maps by element id."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pageowner_sql.output.flame.data import flame_data
from pageowner_sql.output.memory_map.data import map_data
from pageowner_sql.output.model import FlameGraph, MemoryMap, Table, Timeline
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import Block, Report, ReportColumn, Section, Value

Json = dict[str, object]
_Drawn = TypeVar("_Drawn", Table, FlameGraph, MemoryMap, Timeline)


def block_id(section: Section, block: Block) -> str:
    """Return the element id of a block: unique in the report, the same for page and scripts."""
    return f"{section.name}-{section.blocks.index(block)}"


def report_data(report: Report) -> Json:
    """Return the page's JSON; web/src/report.ts reads it."""
    return {
        "tables": {place: _table(block) for place, block in _each(report, Table)},
        "flames": {place: flame_data(block) for place, block in _each(report, FlameGraph)},
        "timelines": {place: timeline_data(block) for place, block in _each(report, Timeline)},
        "maps": {place: map_data(block) for place, block in _each(report, MemoryMap)},
    }


def timeline_data(timeline: Timeline) -> Json:
    """Return a timeline as JSON; web/src/timeline.ts reads it."""
    return {
        "title": printable(timeline.title),
        "labels": [printable(label) for label in timeline.labels],
        "times": list(timeline.times),
        "layers": [
            {
                "by": layer.by,
                "title": printable(layer.title),
                "names": [printable(name) for name in layer.names],
                "bytes": [list(held) for held in layer.bytes],
            }
            for layer in timeline.layers
        ],
    }


def _each(report: Report, kind: type[_Drawn]) -> Iterator[tuple[str, _Drawn]]:
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, kind):
                yield block_id(section, block), block


def _table(table: Table) -> Json:
    return {
        "name": table.name,
        "title": printable(table.title),
        "columns": [_column(column) for column in table.columns],
        "rows": [[_value(value) for value in row] for row in table.rows],
        "sourceUrl": table.source_url,
    }


def _column(column: ReportColumn) -> Json:
    return {
        "name": column.name,
        "title": printable(column.title),
        "kind": column.kind,
        "help": printable(column.help),
    }


def _value(value: Value) -> object:
    if isinstance(value, tuple):
        return [printable(item) if isinstance(item, str) else item for item in value]
    return printable(value) if isinstance(value, str) else value
