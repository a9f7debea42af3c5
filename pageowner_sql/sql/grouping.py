"""Which records a question is about (Where), and what they are grouped by (Key)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.timespec import Clock, Moment


class Key(StrEnum):
    """What records are grouped by. FUNCTION counts a record once for each function in its stack."""

    STACK = "stack"
    FUNCTION_STACK = "function-stack"
    OWNER = "owner"
    SUBSYSTEM = "subsystem"
    MODULE = "module"
    COMM = "comm"
    PID = "pid"
    TGID = "tgid"
    MEMCG = "memcg"
    ALLOCATOR = "allocator"
    MIGRATETYPE = "migratetype"
    GFP = "gfp"
    ORDER = "order"
    FUNCTION = "function"
    NODE = "node"
    ZONE = "zone"

    @property
    def column(self) -> str:
        """The name of its column in rows."""
        return self.value.replace("-", "_")


class Source(StrEnum):
    """What is summed: the records of dumps, or the rows of summaries, which hold sums already."""

    RECORDS = "records"
    SUMMARIES = "summaries"


@dataclass(frozen=True)
class _How:
    """How a key is computed: its expression, the ids of a record and the tables that it needs."""

    expression: str
    ids: tuple[str, ...]
    tables: tuple[str, ...]
    field: str | None = None


_STACK = ("rests", "stacks")
_HOW = {
    Key.STACK: _How("s.text", ("rest_id",), _STACK, "stack"),
    Key.FUNCTION_STACK: _How("s.function_stack", ("rest_id",), _STACK, "stack"),
    Key.OWNER: _How("o.owner", ("rest_id",), ("rests", "owners"), "stack"),
    Key.SUBSYSTEM: _How("o.subsystem", ("rest_id",), ("rests", "owners"), "stack"),
    Key.MODULE: _How("coalesce(m.module, 'vmlinux')", ("rest_id",), ("rests", "modules"), "stack"),
    Key.COMM: _How("h.comm", ("header_id",), ("headers",), "comm"),
    Key.PID: _How("h.pid", ("header_id",), ("headers",), "pid"),
    Key.TGID: _How("h.tgid", ("header_id",), ("headers",), "tgid"),
    Key.MEMCG: _How("t.memcg", ("rest_id",), ("rests",), "memcg"),
    Key.ALLOCATOR: _How(
        "allocator_of(l.migratetype, p.pageblock_migratetype, p.flags, t.slab OR s.is_slab, "
        "s.is_vmalloc)",
        ("layout_id", "page_state_id", "rest_id"),
        ("layouts", "page_states", *_STACK),
    ),
    Key.MIGRATETYPE: _How("l.migratetype", ("layout_id",), ("layouts",)),
    Key.GFP: _How("h.gfp", ("header_id",), ("headers",), "gfp"),
    Key.ORDER: _How('h."order"', ("header_id",), ("headers",)),
    Key.FUNCTION: _How("f.function", ("rest_id",), ("rests", "functions"), "stack"),
    Key.NODE: _How("p.node", ("page_state_id",), ("page_states",), "node"),
    Key.ZONE: _How("p.zone", ("page_state_id",), ("page_states",), "zone"),
}


def _of_summary(key: Key) -> _How:
    """How a key is computed from view `summaries`: by its stack, or a column of its own."""
    how = _HOW[key]
    if "rests" in how.tables and key is not Key.MEMCG and key is not Key.ALLOCATOR:
        return replace(how, ids=("stack_id",))
    column = '"order"' if key is Key.ORDER else key.column
    return _How(f"c.{column}", (column,), (), key.column)


@dataclass(frozen=True)
class Grouping:
    """Keys as the templates want them: (name, expression) pairs, ids, and tables to join."""

    keys: tuple[Key, ...]
    source: Source = Source.RECORDS

    def _how(self, key: Key) -> _How:
        return _HOW[key] if self.source is Source.RECORDS else _of_summary(key)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and expression of each key; a stack brings its number along."""
        found = []
        for key in self.keys:
            name = '"order"' if key is Key.ORDER else key.column
            found.append((name, self._how(key).expression))
            if key is Key.STACK:
                found.append(("stack_id", "s.stack_id"))
        return found

    @property
    def names(self) -> list[str]:
        """The names of all key columns."""
        return [name for name, _ in self.columns]

    @property
    def result_names(self) -> list[str]:
        """The same as a result calls them."""
        return [name.strip('"') for name in self.names]

    @property
    def ids(self) -> list[str]:
        """The ids of records to group by first."""
        return sorted({name for key in self.keys for name in self._how(key).ids})

    @property
    def tables(self) -> frozenset[str]:
        """The tables to join behind that."""
        return frozenset(table for key in self.keys for table in self._how(key).tables)

    @property
    def needs_owners(self) -> bool:
        """Whether stack_owners is read."""
        return "owners" in self.tables

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have, as dumps.fields names them."""
        return frozenset(field for key in self.keys if (field := self._how(key).field))


def grouping(keys: Sequence[Key], source: Source = Source.RECORDS) -> Grouping:
    """The grouping by `keys`, each once, in the order of first mention."""
    return Grouping(tuple(dict.fromkeys(keys)), source)


@dataclass(frozen=True)
class Where:
    """Which records count: those that fit every part that is given; () and None are not given.

    Names (`names`, `memcgs`) are in the tables' escape. `owners` and `functions` are functions as
    the source calls them, `modules` as key MODULE has them. `since` and `until` are included.
    Raises UsageError where they count by two clocks.
    """

    labels: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    tgids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    memcgs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    since: Moment | None = None
    until: Moment | None = None

    def __post_init__(self) -> None:
        clocks = {moment.clock for moment in (self.since, self.until) if moment}
        if {Clock.WALL, Clock.BOOT} <= clocks:
            raise UsageError("--since and --until: give both as boot+…, or both as dates")

    @property
    def given(self) -> frozenset[str]:
        """The names of the parts that are given."""
        return frozenset(part.name for part in fields(self) if getattr(self, part.name))

    def any_of(self, *names: str) -> bool:
        """Whether one of these parts is given."""
        return not self.given.isdisjoint(names)

    @property
    def selects(self) -> bool:
        """Whether anything but labels is given."""
        return bool(self.given - {"labels"})

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have, as dumps.fields names them."""
        return frozenset(_FIELDS[name] for name in self.given & _FIELDS.keys())

    @property
    def needs_capture(self) -> bool:
        """Whether a dump must say when it was taken."""
        return any(at is not None and at.clock is Clock.WALL for at in (self.since, self.until))

    def parameters(self, prefix: str = "") -> dict[str, Any]:
        """The values of the parts that are given, each by its name behind `prefix`."""
        values = {name: getattr(self, name) for name in self.given}
        return {
            f"{prefix}{name}": value.value if isinstance(value, Moment) else list(value)
            for name, value in values.items()
        }


_FIELDS = {
    "pids": "pid",
    "tgids": "tgid",
    "names": "comm",
    "memcgs": "memcg",
    "modules": "stack",
    "functions": "stack",
    "owners": "stack",
    "since": "alloc_ts",
    "until": "alloc_ts",
}
