"""Rows of the kernel's accounts -> cells of the tables that store/accounts.sql makes.

Table and column names are those of that file, whose first column is the dump's id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.dump.account_rows import (
    AllocinfoTag,
    BuddyZone,
    MeminfoField,
    PageblockOrder,
    PagetypeBlocks,
    PagetypeFree,
    SlabCache,
    VmallocArea,
    ZoneinfoField,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pageowner_sql.dump.lines import Item

# What a table's cell can hold before it becomes a database value.
Cell = int | str | bytes | bool | None

# Each table's columns behind dump_id, in order.
ACCOUNT_TABLES: dict[str, tuple[str, ...]] = {
    "meminfo": ("ord", "node", "field", "bytes", "count"),
    "allocinfo": (*("ord", "bytes", "calls", "file", "line", "module", "function", "accurate"),),
    "slabinfo": (
        *("ord", "cache", "active_objects", "objects", "object_bytes", "objects_per_slab"),
        *("pages_per_slab", "active_slabs", "slabs"),
    ),
    "buddyinfo": ("node", "zone", "order", "free_blocks"),
    "pagetype_free": ("node", "zone", "migratetype", "order", "free_blocks", "capped"),
    "pagetype_blocks": ("node", "zone", "migratetype", "mixed", "blocks", "pageblock_order"),
    "vmallocinfo": (*("ord", "addresses", "bytes", "caller", "pages", "phys", "uses", "nodes"),),
    "zoneinfo": ("ord", "node", "zone", "section", "cpu", "field", "value"),
}

_Cells = tuple[Cell, ...]
# Rows whose fields bear the names of their table's columns.
_PLAIN: dict[type, str] = {
    MeminfoField: "meminfo",
    AllocinfoTag: "allocinfo",
    SlabCache: "slabinfo",
}


def account_cells(items: Iterable[Item]) -> Iterator[tuple[str, _Cells]]:
    """Turn rows into (table, cells behind dump_id); one row can make several lines of cells."""
    pageblock_order: int | None = None
    numbers = 0
    for item in items:
        match item:
            case PageblockOrder():
                pageblock_order = item.order
            case PagetypeBlocks():
                for cells in _pagetype_blocks(item):
                    yield "pagetype_blocks", (*cells, pageblock_order)
            case ZoneinfoField():
                for cells in _zoneinfo(item):
                    yield "zoneinfo", (numbers, *cells)
                    numbers += 1
            case _:
                yield from _alone(item)


def _alone(item: Item) -> Iterator[tuple[str, _Cells]]:
    """Turn a row that needs no other row into cells."""
    if table := _PLAIN.get(type(item)):
        yield table, tuple(getattr(item, column) for column in ACCOUNT_TABLES[table])
    elif isinstance(item, VmallocArea):
        yield "vmallocinfo", _vmallocinfo(item)
    elif isinstance(item, BuddyZone):
        for order, blocks in enumerate(item.free_blocks):
            yield "buddyinfo", (item.node, item.zone, order, blocks)
    elif isinstance(item, PagetypeFree):
        for order, (blocks, capped) in enumerate(zip(item.free_blocks, item.capped, strict=True)):
            cells = (item.node, item.zone, item.migratetype, order, blocks, capped)
            yield "pagetype_free", cells


def _pagetype_blocks(item: PagetypeBlocks) -> Iterator[_Cells]:
    for migratetype, blocks in zip(item.migratetypes, item.blocks, strict=True):
        yield item.node, item.zone, migratetype, item.mixed, blocks


def _zoneinfo(item: ZoneinfoField) -> Iterator[_Cells]:
    many = len(item.values) > 1
    for index, value in enumerate(item.values):
        field = f"{item.field}[{index}]" if many else item.field
        yield item.node, item.zone, item.section, item.cpu, field, value


def _vmallocinfo(item: VmallocArea) -> _Cells:
    uses = " ".join(item.uses)
    nodes = " ".join(f"N{node}={pages}" for node, pages in item.nodes)
    return item.ord, item.addresses, item.bytes, item.caller, item.pages, item.phys, uses, nodes
