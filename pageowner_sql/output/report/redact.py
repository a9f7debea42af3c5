"""Redacts a report: names, labels, selected values and addresses.

Symbols, sizes and counts remain, and equal names remain equal, so the report stays useful.
Statements are redacted through their parameters, before the values are written into them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

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
)
from pageowner_sql.sql.grouping import Key
from pageowner_sql.sql.query import Query, without_expression

if TYPE_CHECKING:
    from pageowner_sql.output.model import (
        Block,
        DumpFacts,
        Fact,
        Finding,
        FlameSample,
        MapLayer,
        Report,
        ReportColumn,
        Section,
        Suspect,
        TimelineLayer,
        Value,
    )

_NAMES = frozenset({"comm", "memcg"})
_ADDRESSES = frozenset({"pfn", "address", "page"})
# Kernel text and data addresses, which a stack prints for frames without a symbol.
_ADDRESS = re.compile(r"\b0x[0-9a-f]{8,16}\b")
# What queries return in place of a missing name.
_NO_NAMES = frozenset({"", "(none)", "(other)", "(others)"})
# The prefix of a hashed dump label.
LABEL = "dump"
# Filter parameters, and the prefix of their hashed values; all other texts are labels.
_SELECTED = re.compile(
    rf"(?:not_)?({'|'.join(key.column for key in Key)}|since|until)(?:_number|_like)?"
)


@dataclass(slots=True)
class Redactor:
    """Replaces names with hashes; the random key is new for every report."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def hashed(self, key: str, value: str) -> str:
        """Return `comm-1f9a0c2e` for a comm, and so on; an empty text stays empty."""
        if value in _NO_NAMES:
            return value
        digest = hashlib.blake2b(f"{key}\0{value}".encode(), key=self.key, digest_size=5)
        return f"{key}-{digest.hexdigest()}"

    def value(self, key: str, value: Value) -> Value:
        """Redact one value of a column, a part or a fact, according to its key."""
        if isinstance(value, tuple):
            return tuple(self.frame(v) if isinstance(v, str) else v for v in value)  # type: ignore[return-value]  # a tuple holds one type
        if key in _ADDRESSES:
            return self.hashed("address", str(value)) if value is not None else None
        if isinstance(value, str):
            return self.text(key, value)
        return value

    def text(self, key: str, value: str) -> str:
        """Redact a text according to its key; addresses are redacted in any text."""
        return self.hashed(key, value) if key in _NAMES else self.frame(value)

    def frame(self, frame: str) -> str:
        """Hash the addresses in a frame; symbols remain."""
        return _ADDRESS.sub(lambda match: self.hashed("address", match.group()), frame)

    def query(self, query: Query) -> Query:
        """A statement with redacted values: all texts, and all numbers in filters."""
        query = query.shown
        values = {
            name: self._parameter(_SELECTED.fullmatch(name), value)
            for name, value in query.parameters.items()
        }
        return without_expression(Query(query.sql, values, query.expression))

    def _parameter(self, selected: re.Match[str] | None, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._parameter(selected, each) for each in value]
        if isinstance(value, str) or (selected and value is not None):
            return self.hashed(selected[1] if selected else LABEL, str(value))
        return value


def redact_flame(graph: FlameGraph, redactor: Redactor) -> FlameGraph:
    """Redact pseudo-roots, labels and bare addresses of a flame graph."""
    samples = tuple(_sample(graph, sample, redactor) for sample in graph.samples)
    label = redactor.hashed(LABEL, graph.label)
    old = None if graph.old_label is None else redactor.hashed(LABEL, graph.old_label)
    title = label if old is None else f"{old} to {label}"
    return replace(graph, title=title, label=label, old_label=old, samples=samples)


def _sample(graph: FlameGraph, sample: FlameSample, redactor: Redactor) -> FlameSample:
    roots = zip(graph.root_keys, sample.roots, strict=True)
    labels = ((key, redactor.text(key, v) if isinstance(v, str) else v) for key, v in sample.labels)
    return replace(
        sample,
        frames=tuple(redactor.frame(frame) for frame in sample.frames),
        roots=tuple(redactor.text(key, value) for key, value in roots),
        owner=redactor.frame(sample.owner),
        labels=tuple(labels),
    )


def redact_map(memory: MemoryMap, redactor: Redactor) -> MemoryMap:
    """Redact a map's names, and number its frames from the first pageblock with records."""
    block = max(memory.pageblock_pages, memory.cell_pages)
    first = memory.cells[0].pfn // block * block if memory.cells else 0
    return replace(
        memory,
        title=redactor.hashed(LABEL, memory.title),
        cells=tuple(replace(cell, pfn=cell.pfn - first) for cell in memory.cells),
        layers=tuple(_layer(layer, redactor) for layer in memory.layers),
    )


def _layer(layer: MapLayer, redactor: Redactor) -> MapLayer:
    shares = tuple(
        tuple((redactor.text(layer.by, value), pages) for value, pages in cell)
        for cell in layer.shares
    )
    return replace(layer, shares=shares)


def redact_report(report: Report, redactor: Redactor) -> Report:
    """Redact the values of a report; its title, headings and statements come without names."""
    return replace(
        report,
        dump=_dump(report.dump, redactor),
        olds=tuple(_dump(old, redactor) for old in report.olds),
        sections=tuple(_section(section, redactor) for section in report.sections),
        redacted=True,
    )


def _dump(dump: DumpFacts, redactor: Redactor) -> DumpFacts:
    label = redactor.hashed(LABEL, dump.label)
    return replace(dump, label=label, source="", host="", tags=())


def _section(section: Section, redactor: Redactor) -> Section:
    return replace(section, blocks=tuple(_block(block, redactor) for block in section.blocks))


def _block(block: Block, redactor: Redactor) -> Block:  # noqa: C901, PLR0911 - one case per kind
    match block:
        case FlameGraph():
            return redact_flame(block, redactor)
        case MemoryMap():
            return redact_map(block, redactor)
        case Table():
            return _table(block, redactor)
        case Suspects():
            suspects = (_suspect(each, redactor) for each in block.suspects)
            return replace(block, suspects=tuple(suspects))
        case Timeline():
            labels = (redactor.hashed(LABEL, label) for label in block.labels)
            drawn = tuple(_timeline_layer(layer, redactor) for layer in block.layers)
            return replace(block, labels=tuple(labels), layers=drawn)
        case Breakdown():
            parts = (replace(p, value=redactor.text(block.key, p.value)) for p in block.parts)
            return replace(block, parts=tuple(parts))
        case Facts():
            return replace(block, facts=_facts(block.facts, redactor))
        case Findings():
            found = (_finding(each, redactor) for each in block.findings)
            return replace(block, findings=tuple(found))
        case Histogram():
            return block


def _timeline_layer(layer: TimelineLayer, redactor: Redactor) -> TimelineLayer:
    return replace(layer, names=tuple(redactor.text(layer.by, name) for name in layer.names))


def _table(table: Table, redactor: Redactor) -> Table:
    return replace(table, rows=tuple(_row(row, table.columns, redactor) for row in table.rows))


def _facts(facts: tuple[Fact, ...], redactor: Redactor) -> tuple[Fact, ...]:
    return tuple(replace(fact, value=redactor.value(fact.key, fact.value)) for fact in facts)


def _finding(finding: Finding, redactor: Redactor) -> Finding:
    names = ((key, redactor.text(key, name)) for key, name in finding.names)
    return replace(finding, names=tuple(names))


def _suspect(suspect: Suspect, redactor: Redactor) -> Suspect:
    return replace(
        suspect,
        headline=_finding(suspect.headline, redactor),
        facts=_facts(suspect.facts, redactor),
        parts=tuple(_table(part, redactor) for part in suspect.parts),
        owner=redactor.frame(suspect.owner),
    )


def _row(
    row: tuple[Value, ...], columns: tuple[ReportColumn, ...], redactor: Redactor
) -> tuple[Value, ...]:
    pairs = zip(columns, row, strict=True)
    return tuple(redactor.value(column.name, value) for column, value in pairs)
