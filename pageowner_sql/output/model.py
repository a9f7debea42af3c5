"""The input of the renderers: frozen data from SQL, independent of the database.

`pages` are base pages, times are nanoseconds. Frames are in the dump's order, allocation site
first, each `name` or `name [module]`. Text that users choose (comm, memcg) is escaped as in the
tables. `sql` is the statement behind a figure, or ''.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float | tuple[str, ...] | tuple[int, ...] | None

CellKind = Literal[
    "text",  # str
    "count",  # int
    "bytes",  # int
    "share",  # float from 0 to 1
    "delta_count",  # int, signed
    "delta_bytes",  # int, signed
    "rate",  # float, bytes per hour, signed
    "duration",  # int, nanoseconds
    "status",  # str, a word drawn as a badge: new, gone, grown, shrunk, leak, steady, ...
    "stack",  # tuple[str, ...], frames
    "series",  # tuple[int, ...], one value per dump, oldest first: drawn as a sparkline
]


WeightName = Literal["bytes", "pages", "records"]


@dataclass(frozen=True, slots=True)
class Weights:
    """Amounts of memory: allocations, base pages, bytes."""

    records: int = 0
    pages: int = 0
    bytes: int = 0

    def __add__(self, other: Weights) -> Weights:
        return Weights(
            self.records + other.records, self.pages + other.pages, self.bytes + other.bytes
        )

    def by(self, name: WeightName) -> int:
        """Return the amount of that name."""
        if name == "records":
            return self.records
        return self.pages if name == "pages" else self.bytes


NOTHING = Weights()


# --- flame graphs ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlameSample:
    """The memory of one stack under one set of pseudo-roots and labels.

    `roots` are parallel to `FlameGraph.root_keys`. `old` is the older dump's memory.
    Only pprof uses `labels` (comm, pid, memcg, order, migratetype).
    """

    frames: tuple[str, ...]
    weights: Weights
    old: Weights = NOTHING
    roots: tuple[str, ...] = ()
    owner: str = ""
    subsystem: str = ""
    labels: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class FlameGraph:
    """The samples of one dump, or of two if `old_label` is not None.

    Frames may have source lines, `name (file:line)`; `source_url` is a template of links to them.
    """

    title: str
    label: str
    samples: tuple[FlameSample, ...]
    old_label: str | None = None
    root_keys: tuple[str, ...] = ()
    page_size: int = 4096
    sql: str = ""
    source_url: str | None = None


# --- the map of memory ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MapCell:
    """A range of `MemoryMap.cell_pages` page frames, at least one of them with an owner.

    `pfn` is the first frame, a multiple of `cell_pages`; `stray` counts unmovable pages in
    movable pageblocks; `zone` and `node` are None if the dump lacks them.
    """

    pfn: int
    allocated: int
    stray: int = 0
    block_type: str = ""
    node: int | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One way to colour the cells: `by` is owner, subsystem, migratetype, memcg, order or age.

    `shares` are parallel to `MemoryMap.cells`: (value, pages) of each cell, most pages first; they
    add up to the cell's `allocated`. `legend` lists the values of a `ranked` layer from low to
    high (ages, orders). A layer of categories has an empty `legend`: the largest come first.
    """

    by: str
    title: str
    shares: tuple[tuple[tuple[str, int], ...], ...]
    legend: tuple[str, ...] = ()
    ranked: bool = False


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """Physical memory in cells, ordered by `pfn`; ranges without records have no cell.

    `cell_pages` is a power of two.
    """

    title: str
    cells: tuple[MapCell, ...]
    layers: tuple[MapLayer, ...]
    cell_pages: int
    pageblock_pages: int = 512
    page_size: int = 4096
    sql: str = ""


# --- the report -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column of a table; `name` is the field name, as in all formats (comm, bytes, ...)."""

    name: str
    title: str
    kind: CellKind = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to sort, filter and copy, in display order; each row is parallel to `columns`.

    Frames may have source lines, `name (file:line)`; `source_url` is a template of links to them.
    """

    name: str
    title: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    sql: str = ""
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a key with its memory; `old` is None unless two dumps are compared."""

    value: str
    weights: Weights
    old: Weights | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The whole dump by one key (subsystem, allocator, migratetype, memcg, order), largest first.

    The parts add up to the dump's totals: rows beyond a limit are one more part.
    """

    key: str
    title: str
    parts: tuple[Part, ...]
    note: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets in their natural order, including empty ones."""

    name: str
    title: str
    parts: tuple[Part, ...]
    axis: str
    note: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its name; `key` is the kind of text (comm, memcg, ...), for redaction."""

    title: str
    value: Value
    kind: CellKind = "text"
    note: str = ""
    sql: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures shown together, such as the summary of fragmentation."""

    facts: tuple[Fact, ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence about a notable fact, such as the strongest suspect and its evidence.

    Each `{}` in `text` is replaced by the next of `names`, pairs of a key (comm, owner, ...) and
    its value, so that names can be marked and redacted. `level` is "alert" for problems.
    """

    text: str
    names: tuple[tuple[str, str], ...] = ()
    level: Literal["alert", "note"] = "note"


@dataclass(frozen=True, slots=True)
class Findings:
    """The page's conclusions, the most important first."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """What may be one leak: a sentence, its figures, and its owners, processes and stacks.

    `name` is its anchor, unique in the report. `owner` is its function in the flame graph.
    """

    name: str
    verdict: str
    headline: Finding
    facts: tuple[Fact, ...]
    parts: tuple[Table, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Suspects, the strongest first; as the `lead` of the report they are shown without parts."""

    suspects: tuple[Suspect, ...]
    lead: bool = False
    sql: str = ""


@dataclass(frozen=True, slots=True)
class TimelineLayer:
    """What each value of the key `by` held in each dump: `bytes` are parallel to `names`."""

    by: str
    title: str
    names: tuple[str, ...]
    bytes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The dumps of `labels`, oldest first, by several keys; each layer adds up to the dumps.

    `times` are nanoseconds after the first dump, () if no clock is known.
    """

    title: str
    labels: tuple[str, ...]
    times: tuple[int, ...]
    layers: tuple[TimelineLayer, ...]
    note: str = ""
    sql: str = ""


Block = (
    Facts | Findings | Suspects | Timeline | Breakdown | Table | Histogram | FlameGraph | MemoryMap
)


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report; `name` is its anchor and is unique in the report."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class DumpFacts:
    """The origin of a dump; unknown values are ''."""

    label: str
    weights: Weights
    page_size: int = 4096
    page_size_assumed: bool = False
    kind: str = "page_owner"
    source: str = ""
    host: str = ""
    kernel: str = ""
    captured_at: str = ""
    tags: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A whole page about `dump`; `olds` are the dumps it is compared with, oldest first."""

    title: str
    dump: DumpFacts
    sections: tuple[Section, ...]
    olds: tuple[DumpFacts, ...] = ()
    made_at: str = ""
    version: str = ""
    redacted: bool = False
