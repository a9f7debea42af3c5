"""Groups of records with the same texts, counted instead of kept one by one."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.fields import BESIDE, KINDS, OWN_READERS, READERS, ReadText
from pageowner_sql.dump.scanner import Scanner, ScannerColumn

# What a group's numbers take.
GROUP = 64


@dataclass(frozen=True)
class RecordGroups:
    """Groups of records with the same texts and layout, as columns of one entry a group.

    `texts`, one entry a kind: distinct texts; `numbers`, one a kind: which of them each group has,
    those that came ahead of it counted first. `ahead`: there are only texts, of groups to come.
    `layout`: index into the reader's layouts; `times`: how many records; of the first of
    them `at`, which orders it among all of the dump, and its timestamps in ns (None for one
    without; for the column where no record has any). `rejected`: what was no record.
    `apart`: offset and bytes of pieces that page_owner_sort reads differently; they are not in a
    group. `part` of the file that is counted by itself: its texts and numbers go together.
    """

    texts: Sequence[Sequence[ReadText]] = field(default=tuple(() for _ in KINDS))
    numbers: Sequence[Sequence[int]] = field(default=tuple(() for _ in KINDS))
    layout: Sequence[int] = ()
    at: Sequence[int] = ()
    alloc_ts: Sequence[int | None] | None = None
    free_ts: Sequence[int | None] | None = None
    times: Sequence[int] = ()
    rejected: int = 0
    ahead: bool = False
    apart: Sequence[tuple[int, bytes]] = ()
    part: int = 0

    def __len__(self) -> int:
        return len(self.times)

    @property
    def weight(self) -> int:
        """About its bytes in memory."""
        texts = sum(len(text) + BESIDE for texts in self.texts for text, _ in texts)
        apart = sum(len(raw) + BESIDE for _, raw in self.apart)
        return texts + apart + GROUP * len(self)


def without_bad(counted: RecordGroups, bad: Sequence[Set[int]]) -> RecordGroups:
    """Without the groups that have a text which cannot be read: these were no records."""
    if not any(bad):
        return counted
    good = [
        all(number not in of_kind for number, of_kind in zip(numbers, bad, strict=True))
        for numbers in zip(*counted.numbers, strict=True)
    ]

    def kept(column: Sequence[Any]) -> list[Any]:
        return list(compress(column, good))

    return RecordGroups(
        texts=counted.texts,
        numbers=[kept(numbers) for numbers in counted.numbers],
        layout=kept(counted.layout),
        at=kept(counted.at),
        alloc_ts=None if counted.alloc_ts is None else kept(counted.alloc_ts),
        free_ts=None if counted.free_ts is None else kept(counted.free_ts),
        times=kept(counted.times),
        rejected=counted.rejected + sum(counted.times) - sum(kept(counted.times)),
        apart=counted.apart,
    )


def groups_of(scanner: Scanner, layouts: Sequence[int], *, alloc: bool, free: bool) -> RecordGroups:
    """All that was counted, its texts taken; `layouts`: that of each BEFORE_BLOCK."""

    def column(name: int, code: str, kind: Any) -> array[int]:
        copy = array(code)
        copy.frombytes(scanner.column(name, kind, len(scanner)).cast("B"))
        return copy

    times = {
        name: column(name, "q", ctypes.c_int64)
        for name in (
            ScannerColumn.FIRST,
            ScannerColumn.TIMES,
            ScannerColumn.ALLOC_TS,
            ScannerColumn.FREE_TS,
        )
    }
    before_block = column(ScannerColumn.BEFORE_BLOCK, "B", ctypes.c_uint8)
    return without_bad(
        RecordGroups(
            numbers=[column(ScannerColumn.NUMBER + kind, "i", ctypes.c_int32) for kind in KINDS],
            layout=[layouts[which] for which in before_block],
            at=times[ScannerColumn.FIRST],
            alloc_ts=times[ScannerColumn.ALLOC_TS] if alloc else None,
            free_ts=times[ScannerColumn.FREE_TS] if free else None,
            times=times[ScannerColumn.TIMES],
        ),
        scanner.bad,
    )


class IrregularGroups:
    """The irregular records counted so far.

    `compared`: records that page_owner_sort reads differently are kept apart.
    """

    def __init__(self, *, compared: bool = False) -> None:
        self._readers = READERS if compared else OWN_READERS
        self._compared = compared
        self._apart: list[tuple[int, bytes]] = []
        self.weight = 0
        self.rejected = 0
        self._known: tuple[dict[bytes, int], ...] = tuple({} for _ in KINDS)
        self._texts: tuple[list[ReadText], ...] = tuple([] for _ in KINDS)
        self._groups: dict[tuple[int, ...], int] = {}
        self._at: list[int] = []
        self._times: list[int] = []
        self._alloc_ts: list[int | None] = []
        self._free_ts: list[int | None] = []

    def _number(self, kind: int, text: bytes) -> int:
        known = self._known[kind]
        number = known.setdefault(text, len(known))
        if number == len(self._texts[kind]):
            self._texts[kind].append((text, self._readers[kind](text)))
            self.weight += len(text) + BESIDE
        return number

    def add(self, record: exact_parser.Record, layout: int, at: int) -> None:
        """Count one that begins at `at`."""
        texts = (record.header, record.tail, record.rest)
        of_kinds = [self._number(kind, text) for kind, text in enumerate(texts)]
        if self._compared and not self._is_plain(record, of_kinds):
            self.set_apart(at, record.text())
            return
        numbers = (*of_kinds, layout)
        group = self._groups.setdefault(numbers, len(self._times))
        if group == len(self._times):
            self.weight += GROUP
            self._at.append(at)
            self._times.append(0)
            self._alloc_ts.append(record.alloc_ts)
            self._free_ts.append(record.free_ts)
        self._times[group] += 1

    def _is_plain(self, record: exact_parser.Record, numbers: Sequence[int]) -> bool:
        header, _, rest = (
            texts[number][1] for texts, number in zip(self._texts, numbers, strict=True)
        )
        return bool(
            record.layout.plain and (not header or header.plain) and (not rest or rest.plain)
        )

    def set_apart(self, at: int, raw: bytes) -> None:
        """Keep bytes that begin at `at`, where they are asked for."""
        if self._compared:
            self._apart.append((at, raw))
            self.weight += len(raw) + BESIDE

    def take(self) -> RecordGroups:
        """All that was counted."""
        *numbers, layout = zip(*self._groups, strict=True) if self._groups else ((),) * 4
        counted = RecordGroups(
            texts=self._texts,
            numbers=numbers,
            layout=layout,
            at=self._at,
            alloc_ts=self._alloc_ts,
            free_ts=self._free_ts,
            times=self._times,
            rejected=self.rejected,
            apart=self._apart,
        )
        bad = [
            {n for n, (_, fields) in enumerate(texts) if fields is None} for texts in self._texts
        ]
        return without_bad(counted, bad)
