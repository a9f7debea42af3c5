"""The report's breakdowns, and its tables of owners, stacks and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.output.model import NOTHING, Breakdown, Part, ReportColumn, Table, Value, Weights
from pageowner_sql.questions.report_queries import Held, ReportQueries
from pageowner_sql.sql.grouping import Key, RowSource

_BREAKDOWNS = (
    (Key.SUBSYSTEM, "By subsystem"),
    (Key.ALLOCATOR, "By allocator"),
    (Key.MIGRATETYPE, "By migrate type"),
    (Key.MEMCG, "By memory cgroup"),
    (Key.ORDER, "By order"),
)
_PARTS = 24
_ROWS = 200

_KEYS = {
    Key.OWNER: ReportColumn("owner", "Owner", help="the function that the memory is for"),
    Key.SUBSYSTEM: ReportColumn("subsystem", "Subsystem", help="the owner's part of the kernel"),
    Key.FUNCTION_STACK: ReportColumn(
        "function_stack", "Stack", "stack", "innermost function first"
    ),
    Key.COMM: ReportColumn("comm", "Process", help="the name of the thread that allocated"),
}
_HOLDS = (
    ReportColumn("bytes", "Bytes", "bytes"),
    ReportColumn("share", "Share", "share", "of all bytes"),
    ReportColumn("pages", "Pages", "count"),
    ReportColumn("records", "Records", "count", "allocations"),
)
_CHANGES = (
    ReportColumn("delta_bytes", "Change", "delta_bytes"),
    ReportColumn("old_bytes", "Before", "bytes"),
    ReportColumn("bytes", "Now", "bytes"),
    ReportColumn("delta_records", "Records ±", "delta_count", "how many allocations more or less"),
)


@dataclass(frozen=True)
class TableKeys:
    """A table of a report: its keys, and its names within the page."""

    name: str
    title: str
    keys: tuple[Key, ...]


TABLES = (
    TableKeys("owners", "Owners", (Key.OWNER, Key.SUBSYSTEM)),
    TableKeys("stacks", "Stacks", (Key.OWNER, Key.SUBSYSTEM, Key.FUNCTION_STACK)),
    TableKeys("processes", "Processes", (Key.COMM,)),
)


def breakdowns(asked: ReportQueries) -> list[Breakdown]:
    """The whole dump by each key that it knows."""
    return [_breakdown(asked, key, title) for key, title in _BREAKDOWNS if asked.knows(key)]


def _breakdown(asked: ReportQueries, key: Key, title: str) -> Breakdown:
    held, sql = asked.held([key])
    held = sorted(held, key=lambda each: -each.weights.bytes)
    parts = [Part(each.values[0], each.weights, each.old) for each in held[:_PARTS]]
    if rest := held[_PARTS:]:
        parts.append(_rest(rest))
    return Breakdown(key.column, title, tuple(parts), "", sql)


def _rest(held: Sequence[Held]) -> Part:
    new = sum((each.weights for each in held), NOTHING)
    olds = [each.old for each in held if each.old is not None]
    return Part("(others)", new, sum(olds, NOTHING) if olds else None)


def largest(asked: ReportQueries, kind: TableKeys, whole: Weights) -> Table:
    """What holds most of the newer dump."""
    held, sql = replace(asked, old=None).held(kind.keys, _ROWS)
    end = _end(asked)
    columns = (*(_KEYS[key] for key in kind.keys), *_HOLDS[:end])
    rows = tuple((*_values(kind, each), *_holds(each.weights, whole)[:end]) for each in held)
    note = f"The {_ROWS} largest; all: pageowner-sql top." if len(held) == _ROWS else ""
    return Table(kind.name, kind.title, columns, rows, note, sql)


def _end(asked: ReportQueries) -> int | None:
    """Where the columns end: records, the last, are not counted by samples."""
    return -1 if asked.source is RowSource.SUMMARIES else None


def _holds(weights: Weights, whole: Weights) -> tuple[Value, ...]:
    share = weights.bytes / whole.bytes if whole.bytes else 0.0
    return weights.bytes, share, weights.pages, weights.records


def change_table(asked: ReportQueries, kind: TableKeys) -> Table:
    """What changed most between the two dumps, with what came and what went."""
    held, sql = asked.held(kind.keys, _ROWS)
    held = [each for each in held if each.status != "same"]
    status = ReportColumn("status", "Status", "status")
    end = _end(asked)
    columns = (status, *(_KEYS[key] for key in kind.keys), *_CHANGES[:end])
    rows = tuple((each.status, *_values(kind, each), *_change(each)[:end]) for each in held)
    note = f"The {_ROWS} that changed most; all: pageowner-sql diff." if len(held) == _ROWS else ""
    return Table(f"changed_{kind.name}", f"{kind.title} that changed", columns, rows, note, sql)


def _change(held: Held) -> tuple[Value, ...]:
    old, new = held.old or NOTHING, held.weights
    return new.bytes - old.bytes, old.bytes, new.bytes, new.records - old.records


def _values(kind: TableKeys, held: Held) -> tuple[Value, ...]:
    pairs = zip(kind.keys, held.values, strict=True)
    return tuple(_frames(value) if key is Key.FUNCTION_STACK else value for key, value in pairs)


def _frames(stack: str) -> tuple[str, ...]:
    return tuple(stack.split("\n")) if stack else ("(no stack)",)
