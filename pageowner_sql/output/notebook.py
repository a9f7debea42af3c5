"""Results in a notebook: tables with units, pictures in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pageowner_sql.output.cells import cell, column
from pageowner_sql.output.gate.model import GateReport
from pageowner_sql.output.model import FlameGraph, MemoryMap, Report
from pageowner_sql.sql.render import html_environment
from pageowner_sql.store.units import unit_of

if TYPE_CHECKING:
    from pageowner_sql.output.cells import ColumnFormat

# Rows of a table at most.
SHOWN = 50

_PLAIN = (type(None), int, str)

Model = TypeVar("Model", FlameGraph, MemoryMap, Report, GateReport)


def html_table(columns: Sequence[ColumnFormat], rows: Iterable[Sequence[Any]]) -> str:
    """The first rows as a table; all names are text."""
    shown = [
        [cell(*pair) for pair in zip(columns, row, strict=True)] for row in islice(rows, SHOWN + 1)
    ]
    template = html_environment().get_template("rows.html.j2")
    return template.render(columns=columns, rows=shown[:SHOWN], more=len(shown) > SHOWN)


def html_listing(items: Iterable[object], attributes: Sequence[str]) -> str:
    """Objects as a table of these attributes."""
    rows = [[getattr(item, name) for name in attributes] for item in items]
    numeric = [
        bool(rows) and all(type(row[at]) is int for row in rows) for at in range(len(attributes))
    ]
    columns = [
        column(name, numeric=is_number, unit=unit_of(name))
        for name, is_number in zip(attributes, numeric, strict=True)
    ]
    texts = ([each if type(each) in _PLAIN else str(each) for each in row] for row in rows)
    return html_table(columns, texts)


class FlamePicture(FlameGraph):
    """A flame graph that a notebook draws."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        from pageowner_sql.output.flame.svg import flame_svg

        return flame_svg(self)


class MapPicture(MemoryMap):
    """A map of memory that a notebook draws, coloured by its first layer."""

    __slots__ = ()

    def _repr_png_(self) -> bytes:
        from pageowner_sql.output.memory_map.png import map_png

        return map_png(self, self.layers[0].by)


class ReportText(Report):
    """A report that a notebook shows as text and tables."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        from pageowner_sql.output.report.markdown import report_markdown

        return report_markdown(self)


class GateTable(GateReport):
    """A gate's report that a notebook shows as a table of its limits."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html_listing(self.checks, ("budget", "limit", "allowed", "broken", "suppressed"))


def shown(kind: type[Model], model: Model) -> Model:
    """The same model as a notebook shows it."""
    return kind(**{field.name: getattr(model, field.name) for field in fields(model)})
