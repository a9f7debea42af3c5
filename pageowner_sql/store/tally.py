"""The groups of a dump's records in a temporary database: all that a culled report needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pageowner_sql.dump.fields import ReadText
from pageowner_sql.dump.pipeline import Pipeline
from pageowner_sql.dump.record_groups import RecordGroups
from pageowner_sql.dump.refusals import no_record
from pageowner_sql.errors import InputError
from pageowner_sql.store.arrow import table
from pageowner_sql.store.c_records import CRecordTable
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.texts import LayoutTable, TextIds, TextTables, known_fields

# Groups that are written together: some megabytes.
PENDING = 25_000

# The only dump of a temporary database.
DUMP_ID = 1


@dataclass(frozen=True)
class Tallied:
    """Counts of records, groups (about) and rejects, and the fields that the format has."""

    records: int
    groups: int
    rejected: int
    fields: frozenset[str]


_IDS = ("header_id", "page_state_id", "rest_id", "layout_id")


class _Groups:
    """Buffered rows for table record_groups, without dump_id."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {
            name: [] for name in (*_IDS, "ord", "alloc_ts", "free_ts", "times")
        }

    def __len__(self) -> int:
        return len(self._columns["ord"])

    def add(self, counted: RecordGroups, ids: Sequence[Sequence[int]], layout_base: int) -> None:
        """Buffer the groups of `counted`, whose texts have these `ids`."""
        header, page_state, rest = (
            [of_kind[number] for number in numbers]
            for of_kind, numbers in zip(ids, counted.numbers, strict=True)
        )
        nothing = [None] * len(counted)
        for name, values in (
            ("header_id", header),
            ("page_state_id", page_state),
            ("rest_id", rest),
            ("layout_id", [layout_base + layout for layout in counted.layout]),
            ("ord", counted.at),
            ("alloc_ts", nothing if counted.alloc_ts is None else counted.alloc_ts),
            ("free_ts", nothing if counted.free_ts is None else counted.free_ts),
            ("times", counted.times),
        ):
            self._columns[name] += values

    def take(self) -> Any:
        """Empty the buffer and return its rows."""
        rows = table({name: ("int", values) for name, values in self._columns.items()})
        for values in self._columns.values():
            values.clear()
        return rows


class ToolStoppedError(Exception):
    """page_owner_sort stops before the end of the dump, so these groups are not the tool's."""


# How much before a part of the dump is read at first to find the PFN line there.
LOOK_BACK = 1 << 12


def _flags_before(path: str, offsets: Sequence[int]) -> dict[int, tuple[bool, bool]]:
    """CMA and SLAB of the PFN line that stands before each of these offsets in a plain file."""
    with Path(path).open("rb", buffering=0) as file:
        return {at: _flags(file.fileno(), at) for at in offsets}


def _flags(descriptor: int, at: int) -> tuple[bool, bool]:
    size = LOOK_BACK
    while True:
        before = os.pread(descriptor, min(size, at), max(at - size, 0))
        found = before.rfind(b"\nPFN")
        if found >= 0:
            line = before[found + 1 : before.find(b"\n", found + 1)].partition(b"\0")[0]
            return b"CMA" in line, b"slab" in line
        if size >= at:
            return False, False
        size *= 8


class _Tally:
    def __init__(self, database: Database, stream: Pipeline[RecordGroups], *, rests: bool) -> None:
        self.database = database
        self.rests = rests
        self.stream = stream
        self.texts = TextTables(database, DUMP_ID)
        self.layouts = LayoutTable(database, DUMP_ID)
        self.groups = _Groups()
        # The ids of the texts that each part's next groups have.
        self.ids: dict[int, TextIds] = {}
        self.rejected = 0
        self._rest: ReadText | None = None
        name = stream.source.name
        self.apart = CRecordTable(database, DUMP_ID, partial(_flags_before, name))
        database.script("load/tally_begin")

    def run(self) -> Tallied:
        for counted in self.stream:
            self.rejected += counted.rejected
            self._set_apart(counted)
            ids = self.ids.setdefault(counted.part, TextIds(self.texts))
            ids.add(counted.texts if self.rests else self._without_rests(counted.texts))
            if not counted.ahead:
                self.groups.add(counted, ids.columns, self.layouts.base)
                del self.ids[counted.part]
            if len(self.groups) > PENDING:
                self._write()
        self._write()
        self.apart.write()
        self.texts.finish()
        self.layouts.keep(self.stream.reader.layouts)
        [(records, groups, timed)] = self.database.rows(statement("load/tally_times"))
        if not records:
            raise InputError(no_record(self.stream.source.name, self.stream.bytes))
        fields = known_fields(self.database, DUMP_ID, timed)
        return Tallied(records, groups, self.rejected, frozenset(fields))

    def _without_rests(self, texts: Sequence[Sequence[ReadText]]) -> Sequence[Sequence[ReadText]]:
        """The texts, of which one stands for all below the PFN lines."""
        *others, rests = texts
        self._rest = self._rest or next((pair for pair in rests if pair[1] is not None), None)
        return [*others, [self._rest or pair for pair in rests]]

    def _set_apart(self, counted: RecordGroups) -> None:
        for at, raw in counted.apart:
            self.apart.add(at, raw, at + len(raw))
        if self.apart.stopped:
            raise ToolStoppedError

    def _write(self) -> None:
        if len(self.groups):
            self.database.feed("groups", self.groups.take())
            self.database.run(statement("load/tally_groups"), {"dump_id": DUMP_ID})


def tally(database: Database, stream: Pipeline[RecordGroups], *, rests: bool = True) -> Tallied:
    """Fill the tables record_groups and of texts in a temporary database with a dump.

    Without `rests` what stands below the PFN lines is not kept, which for a dump of many stacks is
    most of the memory.

    What the stream sets apart, as page_owner_sort reads it differently, goes into c_records, placed
    by its offset as the groups are. Raises InputError where the text cannot be read or holds no
    record, ToolStoppedError where that tool would not read all of it.
    """
    return _Tally(database, stream, rests=rests).run()
