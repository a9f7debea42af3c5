"""The report's flame graph, map, histograms and fragmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pageowner_sql.output import units
from pageowner_sql.output.model import (
    NOTHING,
    Block,
    Fact,
    Facts,
    FlameGraph,
    Histogram,
    MemoryMap,
    Part,
    ReportColumn,
    Table,
    Weights,
)
from pageowner_sql.questions.flame import flame_graph, flame_query
from pageowner_sql.questions.memory_map import (
    AGE_NAMES,
    SECOND,
    LayerKey,
    drawn_map,
    layers_of,
    map_queries,
)
from pageowner_sql.questions.report_queries import (
    ReportQueries,
    ages_query,
    pageblocks_query,
    strays_query,
    times_query,
)
from pageowner_sql.sql.query import Query

# These cells fill a laptop's screen, and keep the page of a large machine small.
_CELLS = 16_000
_BARS = 16
_WIDTHS = (
    *(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200),
    *(86_400 * days for days in (1, 2, 5, 10, 20, 50, 100)),
)
_STRAYS = 50
_NO_TIME = "(no time)"


def flame(asked: ReportQueries) -> FlameGraph:
    """The stacks, against those of the older dump where there is one."""
    graph = flame_graph(
        asked.database,
        asked.dump,
        asked.old,
        where=asked.where,
        lines=asked.lines,
        dry=asked.dry,
    )
    old = asked.old.label if asked.old else None
    query = flame_query(
        (), asked.where, asked.dump.label, old, lines=asked.lines.wanted, source=asked.source
    )
    asked.queries.append(query)
    return replace(graph, sql=asked.shown(query))


def map_of_memory(asked: ReportQueries) -> tuple[MemoryMap, int]:
    """The map in every colour but that of processes, and the order of a pageblock."""
    layers = [by for by in layers_of(asked.dump) if by is not LayerKey.COMM]
    found = map_queries(asked.database, asked.dump, layers, asked.where, _CELLS)
    order, queries = found
    asked.queries.extend(queries)
    memory = drawn_map(asked.database, asked.dump, layers, found, dry=asked.dry)
    return replace(memory, sql="".join(f"{asked.shown(query)};\n" for query in queries)), order


def histograms(asked: ReportQueries) -> list[Histogram]:
    """Ages, and times of allocation; none where the dump has no times."""
    newest = asked.dump.newest_alloc_ts
    if newest is None:
        return []
    # An older dump without times has no ages to compare with.
    if asked.old and asked.old.newest_alloc_ts is None:
        asked = replace(asked, old=None)
    width = _width(newest)
    names = [units.duration(n * width) if n else "0" for n in range(newest // width + 1)]
    ages, times = ages_query(asked.of_both), times_query(asked.of_dump, width)
    return [
        Histogram("ages", "Age", _parts(asked, ages, AGE_NAMES), "age", sql=asked.shown(ages)),
        Histogram(
            "times",
            "Time of allocation",
            _parts(replace(asked, old=None), times, names),
            "time since boot",
            f"A bar is {units.duration(width)}.",
            asked.shown(times),
        ),
    ]


def _width(newest: int) -> int:
    """The width of a bar in ns: the shortest round time that does not make too many bars."""
    for seconds in _WIDTHS:
        if newest < _BARS * seconds * SECOND:
            return seconds * SECOND
    return newest // _BARS + 1


def _parts(asked: ReportQueries, query: Query, names: Sequence[str]) -> tuple[Part, ...]:
    rows = asked.rows(query)
    new = _buckets(rows, asked.dump.label)
    old = _buckets(rows, asked.old.label) if asked.old else None
    numbers: list[int | None] = list(range(len(names)))
    if None in new or None in (old or {}):
        numbers.append(None)
    return tuple(
        Part(
            _NO_TIME if number is None else names[number],
            new.get(number, NOTHING),
            None if old is None else old.get(number, NOTHING),
        )
        for number in numbers
    )


def _buckets(rows: Sequence[tuple[Any, ...]], label: str) -> dict[int | None, Weights]:
    return {bucket: Weights(*sums) for of, bucket, *sums in rows if of == label}


def fragmentation(asked: ReportQueries, block_order: int) -> list[Block]:
    """How many pageblocks are kept from being free, and who keeps those that should move."""
    query = pageblocks_query(asked.of_dump, block_order)
    rows = asked.rows(query)
    blocks: list[Block] = [Facts(_facts(asked, rows[0], asked.shown(query)))] if rows else []
    strays = strays_query(asked.of_dump, block_order, _STRAYS)
    found = asked.rows(strays)
    if found:
        blocks.append(Table("strays", _TITLE, _COLUMNS, tuple(found), "", asked.shown(strays)))
    return blocks


_TITLE = "Owners of unmovable pages in movable pageblocks"
_COLUMNS = (
    ReportColumn("owner", "Owner"),
    ReportColumn("subsystem", "Subsystem"),
    ReportColumn("blocks", "Pageblocks", "count", "that hold such pages of this owner"),
    ReportColumn("pages", "Pages", "count"),
    ReportColumn("bytes", "Bytes", "bytes"),
)


def _facts(asked: ReportQueries, row: tuple[int, ...], sql: str) -> tuple[Fact, ...]:
    blocks, movable, fixed, fixed_pages, hostages, stray_blocks, strays = row
    size = asked.dump.page_size
    return (
        Fact("Pageblocks in use", blocks, "count", "with an allocation on record", sql),
        Fact("that hold only movable pages", movable, "count", "compaction can free them", sql),
        Fact("that hold others too", fixed, "count", f"{units.size(fixed_pages * size)}", sql),
        Fact("Held hostage", hostages * size, "bytes", "free or movable in these", sql),
        Fact("Movable pageblocks with unmovable pages", stray_blocks, "count", "", sql),
        Fact("Unmovable pages in them", strays, "count", units.size(strays * size), sql),
    )
