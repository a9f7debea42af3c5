"""What the renderers draw: plain frozen data, filled from SQL, knowing no database.

Everywhere: `bytes` are bytes, `pages` are base pages, times are nanoseconds; frames stand as the
dump prints them, allocation site first, each `name` or `name [module]`; text that users choose
(comm, memcg) is the tables' escaped text. `sql` is the statement a figure came from, or ''.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float | tuple[str, ...] | tuple[int, ...] | None

Kind = Literal[
    "text",  # str
    "count",  # int
    "bytes",  # int
    "share",  # float from 0 to 1
    "delta_count",  # int, signed
    "delta_bytes",  # int, signed
    "rate",  # float, bytes an hour, signed
    "duration",  # int, nanoseconds
    "status",  # str, a word drawn as a badge: new, gone, grown, shrunk, leak, steady, ...
    "stack",  # tuple[str, ...], frames
    "series",  # tuple[int, ...], one value a dump, oldest first: drawn as a sparkline
]


WeightName = Literal["bytes", "pages", "records"]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much: allocations, base pages, bytes."""

    records: int = 0
    pages: int = 0
    bytes: int = 0

    def __add__(self, other: Weights) -> Weights:
        return Weights(
            self.records + other.records, self.pages + other.pages, self.bytes + other.bytes
        )

    def by(self, name: WeightName) -> int:
        """Return the one of that name."""
        if name == "records":
            return self.records
        return self.pages if name == "pages" else self.bytes


NOTHING = Weights()


# --- flame graphs ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlameSample:
    """What one stack holds under one set of pseudo-roots and labels.

    `roots` stand parallel to `FlameGraph.root_keys`. `old` is what the older dump held.
    `labels` (comm, pid, memcg, order, migratetype) matter to pprof alone.
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
    """Every sample of one dump, or of two when `old_label` is not None."""

    title: str
    label: str
    samples: tuple[FlameSample, ...]
    old_label: str | None = None
    root_keys: tuple[str, ...] = ()
    page_size: int = 4096
    sql: str = ""


# --- the map of memory ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MapCell:
    """A range of `MemoryMap.cell_pages` page frames of which at least one has an owner.

    `pfn` is the first frame, a multiple of `cell_pages`; `stray` counts unmovable pages in a
    pageblock that is movable; `zone` and `node` are None where the dump does not tell.
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

    `shares` stand parallel to `MemoryMap.cells`: all that lies in the cell as (value, pages), most
    pages first; they add up to the cell's `allocated`. `legend` names every value of a `ranked`
    layer from low to high (ages, orders); a layer of categories leaves it empty: the largest come
    first.
    """

    by: str
    title: str
    shares: tuple[tuple[tuple[str, int], ...], ...]
    legend: tuple[str, ...] = ()
    ranked: bool = False


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """Physical memory in cells, ordered by `pfn`; a range without a cell has no owner on record.

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
class Column:
    """A column of a table; `name` is the field name rows have everywhere (comm, bytes, ...)."""

    name: str
    title: str
    kind: Kind = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to sort, filter and copy; each row is parallel to `columns`, in the order to show."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a key and what it holds; `old` is None unless two dumps are compared."""

    value: str
    weights: Weights
    old: Weights | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The whole dump by one key (subsystem, allocator, migratetype, memcg, order), most first.

    The parts add up to the dump's totals: what is left out by a limit is a part of its own.
    """

    key: str
    title: str
    parts: tuple[Part, ...]
    note: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets in their natural order, those that are empty included."""

    name: str
    title: str
    parts: tuple[Part, ...]
    axis: str
    note: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its name; `key` says what a text is (comm, memcg, ...), for redaction."""

    title: str
    value: Value
    kind: Kind = "text"
    note: str = ""
    sql: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures that stand together, such as the summary of fragmentation."""

    facts: tuple[Fact, ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that says what stands out, such as the strongest suspect and its evidence.

    Each `{}` in `text` takes the next of `names`, pairs of a key (comm, owner, ...) and its value,
    so that names can be set apart and redacted. `level` is "alert" for what needs a look.
    """

    text: str
    names: tuple[tuple[str, str], ...] = ()
    level: Literal["alert", "note"] = "note"


@dataclass(frozen=True, slots=True)
class Findings:
    """The page's conclusion, the most important first."""

    findings: tuple[Finding, ...]


Block = Facts | Findings | Breakdown | Table | Histogram | FlameGraph | MemoryMap


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report; `name` is its anchor and is unique in the report."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class DumpFacts:
    """Where a dump came from; what is not known is ''."""

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
    """A whole page about `dump`; `olds` are the dumps it is held against, oldest first."""

    title: str
    dump: DumpFacts
    sections: tuple[Section, ...]
    olds: tuple[DumpFacts, ...] = ()
    made_at: str = ""
    version: str = ""
    redacted: bool = False
