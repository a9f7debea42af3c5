"""The map of a dump: its cells, and a layer for each key to colour them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, log2

from pageowner_sql.output.memory_map.layout import LONGEST_GAP
from pageowner_sql.output.model import MapCell, MapLayer, MemoryMap
from pageowner_sql.questions.answerable import check_fields, check_records
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.page import PageRange
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where
from pageowner_sql.sql.query import Query, render, render_both, runnable
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners

SECOND = 1_000_000_000

# The lower edges of the age buckets behind the first, which is younger; ns.
AGES = tuple(
    seconds * SECOND for seconds in (1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600)
)
AGE_NAMES = (
    *("< 1 s", "1-10 s", "10-60 s", "1-10 min", "10-60 min"),
    *("1-6 h", "6-24 h", "1-7 d", "> 7 d"),
)

# Values of a layer that keep their names; further ones share one.
VALUES = 200


class LayerKey(StrEnum):
    """What a map can be coloured by."""

    OWNER = "owner"
    SUBSYSTEM = "subsystem"
    MIGRATETYPE = "migratetype"
    MEMCG = "memcg"
    COMM = "comm"
    ORDER = "order"
    AGE = "age"

    @property
    def key(self) -> Key | None:
        """The key of that name; None for AGE, which is not a key."""
        return None if self is LayerKey.AGE else Key(self.value)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have."""
        return frozenset({"alloc_ts"}) if self.key is None else Grouping((self.key,)).fields


def span_query(where: Where, cell_order: int, longest_gap: int) -> Query:
    """One row: block_order, cells (of 1 << `cell_order` pages, that hold any), strips, tiles.

    A tile is a pageblock, or a cell where that is larger; so many in a row that hold nothing are
    left out between two strips.
    """
    parameters = {"cell_order": cell_order, "longest_gap": longest_gap}
    return render("map_span", {**where.parameters(), **parameters}, where=where)


def cells_query(where: Where, cell_order: int) -> Query:
    """A row a cell, by place: pfn, pages, stray, block_type, node, zone."""
    return render_both("map_cells", {**where.parameters(), "cell_order": cell_order}, where=where)


@dataclass(frozen=True)
class _Layer:
    """A layer as the template wants it."""

    by: LayerKey
    source: RowSource

    @property
    def name(self) -> str:
        return self.by.value

    @property
    def keys(self) -> Grouping:
        """What its texts are joined by; of an order and an age there are none."""
        joined = self.by.key is not None and self.by is not LayerKey.ORDER
        return Grouping((Key(self.name),) if joined else (), self.source)

    @property
    def expression(self) -> str:
        return self.keys.columns[0][1] if self.keys.keys else f'c."{self.name}"'


def layers_query(keys: Sequence[LayerKey], where: Where, cell_order: int) -> Query:
    """A row a layer and cell, by place: layer, the cell's values, most pages first, their pages.

    Of age the values are the number of the bucket among `AGE_NAMES`.
    """
    parameters = {**where.parameters(), "cell_order": cell_order, "values": VALUES}

    def made(source: RowSource) -> Query:
        layers = [_Layer(by, source) for by in keys]
        columns = {name for layer in layers for name in layer.keys.ids}
        if source is RowSource.ALLOCATIONS and LayerKey.ORDER in keys:
            columns.add('"order"')
        return render(
            "map_layers",
            parameters,
            where=where,
            layers=layers,
            ids=sorted(columns),
            ages=AGES if LayerKey.AGE in keys else (),
            shown=source is RowSource.ALLOCATIONS,
        )

    return replace(made(RowSource.RECORDS), readable=lambda: made(RowSource.ALLOCATIONS))


# More cells than these would be smaller than people can see, and a page would be slow.
MOST_CELLS = 30_000
# Most of a picture of sparse memory is empty places: this many fill a screen or two. A strip with
# its heading takes room, too.
MOST_PLACES = 240_000
_STRIP = 3_000
_FINEST = 4

_TITLES = {
    LayerKey.MIGRATETYPE: "migrate type",
    LayerKey.MEMCG: "memory cgroup",
    LayerKey.COMM: "process",
}


def layers_of(dump: Dump) -> tuple[LayerKey, ...]:
    """What a dump's map can be coloured by."""
    return tuple(by for by in LayerKey if by.fields <= set(dump.fields))


def map_queries(
    database: Database,
    dump: Dump,
    layers: Sequence[LayerKey],
    where: Where,
    most_cells: int = MOST_CELLS,
    pages: PageRange | None = None,
) -> tuple[int, list[Query]]:
    """The order of a pageblock; the query of the cells, and that of what lies in them.

    Of `pages` a cell may be a single one.
    Raises MissingFieldError where the dump lacks what a layer or `where` needs.
    """
    check_records([dump])
    check_fields([dump], {field for by in layers for field in by.fields})
    where = replace(check_filters(database, [dump], where), labels=(dump.label,))
    if pages is not None:
        where = replace(where, pages=(pages.first, pages.last))
    keep_owners(database)
    finest = _FINEST if pages is None else 0
    # The pages fill at least this many cells, wherever they lie.
    least = 0 if where.selects else ceil(log2(max(1, dump.pages / most_cells)))
    block_order, cell_order = _orders(database, where, max(finest, least), most_cells)
    return block_order, [
        cells_query(where, cell_order),
        layers_query(layers, where, cell_order),
    ]


def _orders(database: Database, where: Where, order: int, most_cells: int) -> tuple[int, int]:
    """The order of a pageblock, and that of cells, `order` or more, that make a picture."""
    while True:
        query = span_query(where, order, LONGEST_GAP)
        block_order, cells, strips, tiles = database.rows(query.sql, query.parameters)[0]
        places = strips * _STRIP + (tiles << max(0, block_order - order))
        excess = max(cells / most_cells, places / MOST_PLACES)
        if excess <= 1:
            return int(block_order), order
        # Cells at least halve with each order only where memory is full; so look again.
        order += max(1, ceil(log2(excess)))


def memory_map(  # noqa: PLR0913  # what is drawn, of what, and how fine
    database: Database,
    dump: Dump,
    layers: Sequence[LayerKey],
    where: Where | None = None,
    most_cells: int = MOST_CELLS,
    *,
    pages: PageRange | None = None,
    dry: bool = False,
) -> MemoryMap:
    """The map of what `where` selects of a dump, in cells that are no more than `most_cells`.

    With `pages` it is of these page frames. With `dry` it has no cells, only its SQL.
    """
    asked = map_queries(database, dump, layers, where or Where(), most_cells, pages)
    drawn = drawn_map(database, dump, layers, asked, dry=dry)
    return drawn if pages is None else _clipped(drawn, pages)


def _clipped(drawn: MemoryMap, pages: PageRange) -> MemoryMap:
    """The map without what lies outside `pages`; its tiles are no larger than these."""
    first = pages.first - pages.first % drawn.cell_pages
    kept = [at for at, cell in enumerate(drawn.cells) if first <= cell.pfn <= pages.last]
    layers = (
        replace(layer, shares=tuple(layer.shares[at] for at in kept)) for layer in drawn.layers
    )
    return replace(
        drawn,
        cells=tuple(drawn.cells[at] for at in kept),
        layers=tuple(layers),
        pageblock_pages=min(drawn.pageblock_pages, 1 << (pages.last - pages.first).bit_length()),
    )


def drawn_map(
    database: Database,
    dump: Dump,
    layers: Sequence[LayerKey],
    asked: tuple[int, Sequence[Query]],
    *,
    dry: bool = False,
) -> MemoryMap:
    """The map that the queries of `map_queries` give."""
    block_order, queries = asked
    cells, shares = ([] if dry else database.rows(query.sql, query.parameters) for query in queries)
    return MemoryMap(
        "" if dry else dump.label,
        tuple(_cell(*row) for row in cells),
        tuple(_layer(by, [row for row in shares if row[0] == by]) for by in layers),
        1 << int(str(queries[0].parameters["cell_order"])),
        1 << block_order,
        dump.page_size,
        runnable(*queries),
    )


def _cell(  # the columns of a row
    pfn: int, pages: int, stray: int, block_type: str | None, node: int | None, zone: int | None
) -> MapCell:
    return MapCell(pfn, pages, stray, block_type or "", node, None if zone is None else str(zone))


def _layer(by: LayerKey, rows: Sequence[tuple[object, ...]]) -> MapLayer:
    named = _age if by is LayerKey.AGE else str
    shares = tuple(
        tuple((named(value), pages) for value, pages in zip(values, held, strict=True))  # type: ignore[call-overload]  # two lists, by the query
        for _, values, held in rows
    )
    return MapLayer(by.value, _TITLES.get(by, by.value), shares, _legend(by, shares), by in _RANKED)


_RANKED = (LayerKey.ORDER, LayerKey.AGE)


def _age(value: str) -> str:
    return AGE_NAMES[int(value)] if value.isdigit() else value


def _legend(by: LayerKey, shares: Sequence[Sequence[tuple[str, int]]]) -> tuple[str, ...]:
    """All values of a ranked layer from low to high; () for one of categories."""
    if by not in _RANKED:
        return ()
    there = {value for cell in shares for value, _ in cell}
    if by is LayerKey.AGE:
        return tuple(name for name in (*AGE_NAMES, "(none)") if name in there)
    return tuple(sorted(there, key=int))
