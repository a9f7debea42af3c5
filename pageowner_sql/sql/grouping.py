"""What records are grouped and filtered by (Key), and which of them a question is about (Where)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.timespec import Clock, TimePoint


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
    CLASS = "class"
    SLAB_NAME = "slab-name"
    PAGE_FILE = "page-file"
    PAGE_USE = "page-use"
    MEMCG_OFFLINE = "memcg-offline"
    MAINTAINER_ENTRY = "maintainer-entry"

    @property
    def column(self) -> str:
        """The name of its column in rows."""
        return self.value.replace("-", "_")

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self in _NUMBERS


_NUMBERS = frozenset({Key.PID, Key.TGID, Key.ORDER, Key.NODE, Key.ZONE})


class RowSource(StrEnum):
    """What is summed: the records of dumps, or the rows of summaries, which hold sums already.

    ALLOCATIONS are the records as a person asks for them: the view that joins their texts. The
    tables of RECORDS give the same, sooner.
    """

    RECORDS = "records"
    SUMMARIES = "summaries"
    ALLOCATIONS = "live_allocations"


@dataclass(frozen=True)
class _How:
    """How a key is computed: its expression, the ids of a record and the tables that it needs.

    `readable`: its expression over a row of live_allocations, where that is not a column.
    """

    expression: str
    ids: tuple[str, ...]
    tables: tuple[str, ...]
    field: str | None = None
    readable: str | None = None


_STACK = ("rests", "stacks")
_FILE = "{0}.file_dev || ' ino ' || {0}.file_ino"
_PAGE_USE = (
    "CASE WHEN {0}.slab_name IS NOT NULL THEN 'SLAB_PAGE' "
    "WHEN {0}.file_ino IS NOT NULL THEN 'FILE_PAGE' "
    "WHEN {0}.anon_address IS NOT NULL THEN 'ANON_PAGE' END"
)
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
    Key.CLASS: _How(
        "class_of(o.subsystem, is_slab_page(p.flags) OR t.slab OR s.is_slab, s.is_vmalloc)",
        ("page_state_id", "rest_id"),
        ("page_states", *_STACK, "owners"),
        "stack",
    ),
    Key.SLAB_NAME: _How("l.slab_name", ("layout_id",), ("layouts",), "slab_name"),
    Key.PAGE_FILE: _How(
        _FILE.format("l"), ("layout_id",), ("layouts",), "file_ino", _FILE.format("c")
    ),
    Key.PAGE_USE: _How(
        _PAGE_USE.format("l"), ("layout_id",), ("layouts",), "page_use", _PAGE_USE.format("c")
    ),
    Key.MEMCG_OFFLINE: _How(
        "t.memcg_offline::VARCHAR", ("rest_id",), ("rests",), "memcg", "c.memcg_offline::VARCHAR"
    ),
    Key.MAINTAINER_ENTRY: _How(
        "y.entry", ("rest_id",), ("rests", "maintainers"), "stack", "maintainer_of(c.stack_id)"
    ),
}


def _of_summary(key: Key) -> _How:
    """How a key is computed from view `summaries`: by its stack, or a column of its own."""
    how = _HOW[key]
    if key is Key.CLASS:
        expression = "class_of(o.subsystem, s.is_slab, s.is_vmalloc)"
        return _How(expression, ("stack_id",), (*_STACK, "owners"), "stack")
    if how.field == "stack":
        return replace(how, ids=("stack_id",))
    column = '"order"' if key is Key.ORDER else key.column
    return _How(f"c.{column}", (column,), (), how.field or key.column)


def _of_allocation(key: Key) -> _How:
    """How a key is computed from view `live_allocations`: mostly it is a column."""
    how = _HOW[key]
    if key is Key.FUNCTION:
        return replace(how, ids=("stack_id",), tables=("functions",))
    if how.readable:
        columns = tuple(sorted(set(re.findall(r"\bc\.(\w+)", how.readable))))
        return replace(how, expression=how.readable, ids=columns, tables=())
    column = '"order"' if key is Key.ORDER else key.column
    ids = (column, "stack_id") if key is Key.STACK else (column,)
    return replace(_HOW[key], expression=f"c.{column}", ids=ids, tables=())


_BY_SOURCE: dict[RowSource, Callable[[Key], _How]] = {
    RowSource.RECORDS: _HOW.__getitem__,
    RowSource.SUMMARIES: _of_summary,
    RowSource.ALLOCATIONS: _of_allocation,
}


@dataclass(frozen=True)
class Grouping:
    """Keys as the templates want them: (name, expression) pairs, ids, and tables to join."""

    keys: tuple[Key, ...]
    source: RowSource = RowSource.RECORDS

    def _how(self, key: Key) -> _How:
        return _BY_SOURCE[self.source](key)

    @property
    def readable(self) -> Grouping:
        """The same of the view that people ask."""
        return replace(self, source=RowSource.ALLOCATIONS)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and expression of each key; a stack brings its number along."""
        found = []
        for key in self.keys:
            name = '"order"' if key is Key.ORDER else key.column
            found.append((name, self._how(key).expression))
            if key is Key.STACK:
                of_view = self.source is RowSource.ALLOCATIONS
                found.append(("stack_id", "c.stack_id" if of_view else "s.stack_id"))
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
        return not self.tables.isdisjoint(("owners", "maintainers"))

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a dump must have, as dumps.fields names them."""
        return frozenset(field for key in self.keys if (field := self._how(key).field))


def grouping(keys: Sequence[Key], source: RowSource = RowSource.RECORDS) -> Grouping:
    """The grouping by `keys`, each once, in the order of first mention."""
    return Grouping(tuple(dict.fromkeys(keys)), source)


# A function is also found by the name that is printed, with the compiler's suffix.
_FRAMES = replace(
    _HOW[Key.FUNCTION],
    expression="coalesce(f.base_function, '0x' || lower(to_hex(f.address)))",
    tables=("rests", "frames"),
)


class Pattern(NamedTuple):
    """Text with `*` for any characters, as typed, and the regular expression that it is."""

    glob: str
    regex: str


@dataclass(frozen=True)
class Filter:
    """The records whose `key` has one of these values, or, `negated`, none of them.

    `numbers` are values of a key of numbers, or stack numbers; `texts` are exact, in the tables'
    escape; one of `patterns` matches all of the value.
    """

    key: Key
    texts: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    negated: bool = False

    @property
    def name(self) -> str:
        """The name of its parameters, and of its argument in Python."""
        return f"not_{self.key.column}" if self.negated else self.key.column

    def _how(self, source: RowSource) -> _How:
        if self.key is Key.FUNCTION:
            return _FRAMES
        return _BY_SOURCE[RowSource(source)](self.key)

    def ids(self, source: RowSource) -> tuple[str, ...]:
        """The columns that tell what has one of the values: of a record, or of a summary's row."""
        return self._how(source).ids if source == RowSource.RECORDS else ("dump_id", "ord")

    def tables(self, source: RowSource) -> tuple[str, ...]:
        """The tables that its values are in."""
        return self._how(source).tables

    def field(self, source: RowSource) -> str | None:
        """The field that a dump must have, as dumps.fields names them."""
        return self._how(source).field

    def expressions(self, source: RowSource) -> tuple[str, ...]:
        """What gives the value of a row; a row fits where one of them does."""
        how = self._how(source).expression
        return (how, "f.function") if self.key is Key.FUNCTION else (how,)

    def number_expression(self, source: RowSource) -> str:
        """What `numbers` are compared with."""
        of_view = source == RowSource.ALLOCATIONS
        if self.key is Key.STACK:
            return "c.stack_id" if of_view else "s.stack_id"
        return self._how(source).expression

    def single(self) -> Iterator[tuple[str, Filter]]:
        """Each value as people write it, and a filter of only that value."""
        for text in self.texts:
            yield text, Filter(self.key, texts=(text,))
        for number in self.numbers:
            yield str(number), Filter(self.key, numbers=(number,))
        for pattern in self.patterns:
            yield pattern.glob, Filter(self.key, patterns=(pattern,))

    @property
    def parameters(self) -> dict[str, Any]:
        """Its values by the names that the template gives them."""
        named = {
            self.name: list(self.texts),
            f"{self.name}_number": list(self.numbers),
            f"{self.name}_like": "|".join(each.regex for each in self.patterns),
        }
        return {name: value for name, value in named.items() if value}


# The fields that a dump may lack, and the columns of live_allocations that show them otherwise.
_FIELDS = frozenset(
    {
        *("pid", "tgid", "comm", "gfp", "alloc_ts", "free_ts", "stack", "handle", "memcg"),
        *("node", "zone", "flags_mask", "slab_name", "file_ino", "anon_address"),
    }
)
_COLUMN_FIELDS = {
    **dict.fromkeys(
        ("function_stack", "owner", "owner_module", "subsystem", "module", "class"), "stack"
    ),
    **dict.fromkeys(("memcg_offline", "memcg_objcg"), "memcg"),
    **dict.fromkeys(("file_dev", "file_index"), "file_ino"),
}


def _tell_nobody(line: str) -> None:
    del line


@dataclass(frozen=True)
class Where:
    """Which records count: those that fit every part that is given; () and None are not given.

    `expression` is SQL over a row of live_allocations, and reads `columns`. `since` and `until`
    are included. `pages`: allocations that have one of the page frames from the first to the last.
    `tell` takes a line for people about a value that nothing has; `is_checked`: that
    was looked for.
    Raises UsageError where times count by two clocks.
    """

    labels: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    since: TimePoint | None = None
    until: TimePoint | None = None
    expression: str = ""
    pages: tuple[int, int] | None = None
    columns: frozenset[str] = field(default=frozenset(), compare=False)
    tell: Callable[[str], None] = field(default=_tell_nobody, compare=False)
    is_checked: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        clocks = {moment.clock for moment in (self.since, self.until) if moment}
        if {Clock.WALL, Clock.BOOT} <= clocks:
            raise UsageError("--since and --until: give both as boot+…, or both as dates")

    @property
    def given(self) -> bool:
        """Whether any part is given."""
        return bool(self.labels) or self.selects

    @property
    def selects(self) -> bool:
        """Whether anything but labels is given."""
        return bool(
            self.filters or self.since or self.until or self.expression or self.pages is not None
        )

    def fields(self, source: RowSource = RowSource.RECORDS) -> frozenset[str]:
        """The fields that a dump of this source must have, as dumps.fields names them."""
        filtered = {found for each in self.filters if (found := each.field(source))}
        read = {_COLUMN_FIELDS.get(column, column) for column in self.columns} & _FIELDS
        return frozenset(filtered | read | ({"alloc_ts"} if self.since or self.until else set()))

    @property
    def needs_owners(self) -> bool:
        """Whether stack_owners is read."""
        return bool(self.expression) or any(
            "owners" in each.tables(RowSource.RECORDS) for each in self.filters
        )

    @property
    def needs_capture(self) -> bool:
        """Whether a dump must say when it was taken."""
        return any(at is not None and at.clock is Clock.WALL for at in (self.since, self.until))

    def parameters(self, prefix: str = "") -> dict[str, Any]:
        """The values of the parts that are given, each by its name behind `prefix`."""
        values: dict[str, Any] = {}
        for each in self.filters:
            values |= each.parameters
        if self.labels:
            values["labels"] = list(self.labels)
        if self.expression:
            values["expression"] = self.expression
        for name, moment in (("since", self.since), ("until", self.until)):
            if moment:
                values[name] = moment.value
        if self.pages is not None:
            values["first_page"], values["last_page"] = self.pages
        return {f"{prefix}{name}": value for name, value in values.items()}
