"""The cheap files of a running machine -> how much each stack, line of source or field holds."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pageowner_sql.dump.account_rows import AllocinfoTag, MeminfoField
from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.fields import escape
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.stack_counts import StackCount, parse_stack_counts
from pageowner_sql.errors import InputError
from pageowner_sql.live.access import explain_failure
from pageowner_sql.live.machine import MOMENT_FILES, PAGE_OWNER, Machine

# What a sampler can read, the cheapest first.
SOURCES = (Kind.SHOW_HANDLES, Kind.SHOW_STACKS, Kind.ALLOCINFO, Kind.MEMINFO)
_PATHS = dict(MOMENT_FILES)


@dataclass(frozen=True)
class Series:
    """A counter: its name, the boot that it is valid in, and its stack if it has one."""

    source: str
    name: str
    boot_id: str | None = None
    stack: str | None = None


@dataclass(frozen=True)
class Sample:
    """One file at one time: bytes of each series."""

    source: str
    taken_at: datetime
    uptime: int
    facts: Mapping[str, str]
    counts: Mapping[Series, int]


class Sampler:
    """Reads samples of a machine.

    Args:
        sources: files to read; None for the stacks, allocinfo and meminfo, those that there are.

    Raises InputError where none is there.
    """

    def __init__(self, machine: Machine, sources: Sequence[str] | None = None) -> None:
        self.machine = machine
        self.sources = [Kind(each) for each in sources] if sources else self._available()
        self._stacks: dict[int, str] = {}
        # Handles whose stacks the kernel does not show.
        self._without: set[int] = set()
        # Each series once: samples that wait share them.
        self._series: dict[Series, Series] = {}
        self._boot = ""
        for source in self.sources:
            if not machine.text(_PATHS[source]):
                raise self._missing(source)

    def _missing(self, source: Kind) -> InputError:
        page_owner = self.machine.path(PAGE_OWNER)
        if source in (Kind.SHOW_HANDLES, Kind.SHOW_STACKS) and not page_owner.exists():
            error = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            return explain_failure(self.machine, str(page_owner), error)
        path = self.machine.path(_PATHS[source])
        return InputError(
            f"{path}: cannot be read; this kernel has no {source}, or this takes root"
        )

    def _available(self) -> list[Kind]:
        there = [each for each in SOURCES if self.machine.text(_PATHS[each])]
        # Handles need their stacks, and are cheaper than stacks.
        by_handles = bool(self.machine.text(_PATHS[Kind.SHOW_STACKS_HANDLES]))
        if Kind.SHOW_HANDLES in there:
            useless = Kind.SHOW_STACKS if by_handles else Kind.SHOW_HANDLES
            there = [each for each in there if each is not useless]
        if not there:
            raise InputError(f"{self.machine.root}: has no /proc and /sys of Linux")
        return there

    def read(self, at: datetime | None = None) -> list[Sample]:
        """One sample of each source that can still be read; `at` is when, where that is not now."""
        facts = self.machine.facts()
        uptime = int(float(facts.get("uptime", "0")) * 1e9)
        now = at or datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)
        if facts.get("boot_id", "") != self._boot:
            self._boot = facts.get("boot_id", "")
            self._stacks.clear()
            self._without.clear()
        page = int(facts["page_size"])
        return [
            Sample(source, now, uptime, facts, self._counts(source, text, page))
            for source in self.sources
            if (text := self.machine.text(_PATHS[source]))
        ]

    def _counts(self, source: Kind, text: bytes, page: int) -> dict[Series, int]:
        if source in (Kind.SHOW_HANDLES, Kind.SHOW_STACKS):
            return self._stack_counts(source, text, page)
        counts: dict[Series, int] = {}
        for item in parse_account(source, [text]):
            if isinstance(item, AllocinfoTag):
                module = f" [{item.module}]" if item.module else ""
                name = f"{item.file}:{item.line} {item.function}{module}"
                held = item.bytes
            elif isinstance(item, MeminfoField) and item.bytes is not None:
                name, held = item.field, item.bytes
            else:
                continue
            series = self._kept(Series(source, name))
            counts[series] = counts.get(series, 0) + held
        return counts

    def _stack_counts(self, source: Kind, text: bytes, page: int) -> dict[Series, int]:
        items = [each for each in parse_stack_counts([text]) if isinstance(each, StackCount)]
        if source is Kind.SHOW_HANDLES:
            self._learn_stacks({each.handle for each in items if each.handle is not None})
        counts: dict[Series, int] = {}
        for item in items:
            series = self._kept(self._series_of(source, item))
            if item.base_pages is not None:
                counts[series] = counts.get(series, 0) + item.base_pages * page
        return counts

    def _kept(self, series: Series) -> Series:
        return self._series.setdefault(series, series)

    def _series_of(self, source: Kind, item: StackCount) -> Series:
        if item.handle is not None:
            stack = self._stacks.get(item.handle)
            return Series(source, f"handle {item.handle}", self._boot, stack)
        stack = escape(item.stack or b"").strip("\n")
        return Series(source, stack, None, stack)

    def _learn_stacks(self, handles: set[int]) -> None:
        """Read the stacks of handles that are new; many have none that the kernel shows."""
        if handles <= self._stacks.keys() | self._without:
            return
        text = self.machine.text(_PATHS[Kind.SHOW_STACKS_HANDLES])
        for item in parse_stack_counts([text]):
            if isinstance(item, StackCount) and item.handle is not None and item.stack:
                self._stacks[item.handle] = escape(item.stack).strip("\n")
        self._without = handles - self._stacks.keys()
