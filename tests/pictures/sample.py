"""What the renderers get in these tests: a part of two real dumps, and names that attack."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pageowner_sql.output.model import (
    NOTHING,
    Breakdown,
    DumpFacts,
    Fact,
    Facts,
    Finding,
    Findings,
    FlameGraph,
    FlameSample,
    Histogram,
    MapCell,
    MapLayer,
    MemoryMap,
    Part,
    Report,
    ReportColumn,
    Section,
    Suspect,
    Suspects,
    Table,
    Timeline,
    TimelineLayer,
    Weights,
)

PAGE = 4096
HOSTILE = (
    "<script>al",
    "</script>",
    "<!--<script>",
    "'; DROP TAB--",
    "\x1b[31mred\x1b[0m",
    "a;b 12",
    "two\nlines",
    "a|b `c` *d*",
    "\u202egnp.exe",
    '"><img src=x>',
)
SQL = "SELECT comm, sum(bytes) AS bytes\nFROM allocations\nWHERE comm <> '</script>'\nGROUP BY comm"


@cache
def _data() -> dict[str, Any]:
    text = Path(__file__).with_name("sample.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def weights(records: int, pages: int) -> Weights:
    return Weights(records, pages, pages * PAGE)


def _sample(row: list[Any], roots: tuple[str, ...], *, compared: bool) -> FlameSample:
    comm, memcg, migratetype, order, places, owner, subsystem, *counts = row
    labels = {"comm": comm, "memcg": memcg, "migratetype": migratetype, "order": order}
    return FlameSample(
        frames=tuple(_data()["frames"][place] for place in places),
        weights=weights(*counts[:2]),
        old=weights(*counts[2:]) if compared else NOTHING,
        roots=tuple(str(labels[key]) for key in roots),
        owner=owner,
        subsystem=subsystem,
        labels=tuple(labels.items()),
    )


def graph(
    *, compared: bool = False, roots: tuple[str, ...] = ("comm",), hostile: bool = True
) -> FlameGraph:
    samples = [_sample(row, roots, compared=compared) for row in _data()["samples"]]
    if hostile:
        site = _data()["frames"][0]
        rows = [[name, name, "Movable", 0, [0], site, "none", 500, 500, 0, 0] for name in HOSTILE]
        samples += [_sample(row, roots, compared=compared) for row in rows]
    held = (sample for sample in samples if sample.weights.records or sample.old.records)
    old = "t0" if compared else None
    return FlameGraph("By process", "t2", tuple(held), old, roots, PAGE, SQL)


def total(drawn: FlameGraph) -> tuple[Weights, Weights]:
    now = sum((sample.weights for sample in drawn.samples), NOTHING)
    return now, sum((sample.old for sample in drawn.samples), NOTHING)


def memory() -> MemoryMap:
    """The map of some real frames; two of its unmovable pages lie in a movable pageblock."""
    cells, names = _data()["cells"], _data()["layers"]
    shares = [[tuple((v, n) for v, n in layer) for layer in cell[2]] for cell in cells]
    layers = [
        MapLayer(name, name, tuple(cell[i] for cell in shares))
        for i, name in enumerate(names)
        if name != "age"
    ]
    ages = tuple(cell[names.index("age")] for cell in shares)
    layers.append(MapLayer("age", "age", ages, tuple(_data()["ages"]), ranked=True))
    hostile = tuple(((HOSTILE[i % len(HOSTILE)], _held(cell)),) for i, cell in enumerate(cells))
    layers.append(MapLayer("comm", "process", hostile))
    found = [
        MapCell(cell[0], _held(cell), 2 if i == 40 else 0, cell[1], 0, "DMA32")
        for i, cell in enumerate(cells)
    ]
    return MemoryMap("Physical memory", tuple(found), tuple(layers), 16, 512, PAGE, SQL)


def _held(cell: list[Any]) -> int:
    return sum(int(pages) for _, pages in cell[2][0])


def table() -> Table:
    """The samples as rows: words, a stack, numbers of every kind, and a value that is missing."""
    columns = (
        ReportColumn("comm", "Process", help="as the kernel printed it"),
        ReportColumn("owner", "Owner"),
        ReportColumn("stack", "Stack", "stack"),
        ReportColumn("status", "Status", "status"),
        ReportColumn("bytes", "Bytes", "bytes"),
        ReportColumn("delta_bytes", "Change", "delta_bytes"),
        ReportColumn("share", "Share", "share"),
        ReportColumn("records", "Records", "count"),
        ReportColumn("age", "Oldest", "duration"),
        ReportColumn("series", "t0 t2", "series"),
    )
    drawn = graph(compared=True)
    whole = total(drawn)[0].bytes
    rows = tuple(
        (
            sample.roots[0],
            sample.owner,
            sample.frames,
            "grown" if sample.weights.bytes > sample.old.bytes else "shrunk",
            sample.weights.bytes,
            sample.weights.bytes - sample.old.bytes,
            sample.weights.bytes / whole,
            sample.weights.records,
            None if i % 7 == 3 else i * 1_500_000_000,
            (sample.old.bytes, sample.weights.bytes),
        )
        for i, sample in enumerate(drawn.samples)
    )
    return Table("stacks", "Stacks", columns, rows, "The largest.", SQL)


def _parts(key: str, *, compared: bool) -> tuple[Part, ...]:
    held: dict[str, tuple[Weights, Weights]] = {}
    for sample in graph(compared=True).samples:
        value = sample.subsystem if key == "subsystem" else str(dict(sample.labels)[key])
        now, old = held.get(value, (NOTHING, NOTHING))
        held[value] = (now + sample.weights, old + sample.old)
    parts = (Part(name, now, old if compared else None) for name, (now, old) in held.items())
    return tuple(sorted(parts, key=lambda part: -part.weights.bytes))


def suspects() -> Suspects:
    """One suspect with a hostile process, and a stack of the sample."""
    drawn = graph(compared=True).samples[0]
    growth = ReportColumn("growth_bytes", "Growth", "delta_bytes")
    parts = (
        Table(
            "suspect_owners",
            "Owners",
            (ReportColumn("owner", "Owner"), growth),
            ((drawn.owner, 9),),
        ),
        Table(
            "suspect_processes",
            "Processes",
            (ReportColumn("comm", "Process"), growth),
            tuple((name, 9) for name in HOSTILE),
        ),
        Table(
            "suspect_stacks",
            "Stacks",
            (
                ReportColumn("owner", "Owner"),
                ReportColumn("function_stack", "Stack", "stack"),
                growth,
            ),
            ((drawn.owner, drawn.frames, 9),),
        ),
    )
    headline = Finding("{} leaks 9 B.", (("comm", HOSTILE[9]),), "alert")
    facts = (Fact("Rate", 9.0, "rate", "a note"),)
    return Suspects((Suspect("suspect-1", "leak", headline, facts, parts, drawn.owner),), sql=SQL)


def timeline() -> Timeline:
    """Three dumps by process, of hostile names, and by order."""
    names = TimelineLayer("comm", "process", HOSTILE, tuple((0, i, 2 * i) for i in range(10)))
    orders = TimelineLayer("order", "order", ("0", "3"), ((1, 30, 60), (7, 15, 30)))
    labels = (HOSTILE[1], "t1", "secret-host")
    return Timeline("Over time", labels, (0, 30 * 10**9, 90 * 10**9), (names, orders), "", SQL)


def report(*, compared: bool = False) -> Report:
    """Everything a report can hold."""
    now, old = total(graph(compared=True))
    keys = ("subsystem", "memcg", "migratetype", "order")
    breakdowns = (Breakdown(k, f"By {k}", _parts(k, compared=compared), "", SQL) for k in keys)
    finding = Finding("{} holds {}.", (("comm", HOSTILE[0]), ("bytes", "a lot")), "alert")
    facts = (
        Fact("Allocated", now.bytes, "bytes", f"{now.pages} pages", SQL),
        Fact("Records", now.records, "count", sql=SQL),
        Fact("Largest process", HOSTILE[1], key="comm"),
    )
    ages = Histogram("ages", "Ages", _parts("order", compared=compared), "age", "", SQL)
    sections = (
        Section("summary", "Summary", (Findings((finding,)), Facts(facts))),
        Section("composition", "What it is", tuple(breakdowns), "All of it."),
        Section("stacks", "Stacks", (table(),)),
        Section("flame", "Flame graph", (graph(compared=compared),)),
        Section("map", "Map", (memory(),)),
        Section("age", "Age", (ages,)),
        Section("timeline", "Over time", (timeline(),)),
        Section("leaks", "Leak suspects", (suspects(), replace(suspects(), lead=True))),
    )
    olds = (DumpFacts("t0", old),) if compared else ()
    dump = DumpFacts(
        "t2", now, kernel="7.3.4", host="secret-host", source="/home/me/t2.txt", tags=(("a", "b"),)
    )
    return Report(f"Memory of {HOSTILE[1]}", dump, sections, olds, "2026-11-23 12:00", "0.1.0")
