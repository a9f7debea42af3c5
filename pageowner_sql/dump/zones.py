"""pagetypeinfo and zoneinfo: lines whose meaning hangs on the lines above."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pageowner_sql.dump.account_rows import (
    PageblockOrder,
    PagetypeBlocks,
    PagetypeFree,
    ZoneinfoField,
)
from pageowner_sql.dump.lines import CUT_SHORT, TOO_LONG, Filler, Line, Reject, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ZONE = rb"Node +([0-9]{1,5}), zone +([A-Za-z0-9]{1,16})"
_ORDER = re.compile(rb"Page block order: ([0-9]{1,2}) *")
_FREE = re.compile(_ZONE + rb", type +([A-Za-z]{1,20})((?: +>?[0-9]{1,18})+) *")
_TYPES = re.compile(rb"Number of (blocks type|mixed blocks) ((?: +[A-Za-z]{1,20})+) *")
_BLOCKS = re.compile(_ZONE + rb"((?: +[0-9]{1,18})+) *")
_PAGETYPE_HEADING = re.compile(rb"Pages per block: .*|Free pages count per migrate type .*| *")

_ZONE_LINE = re.compile(_ZONE + rb" *")
_CPU = re.compile(rb" +cpu: ([0-9]{1,6})")
_PROTECTION = re.compile(rb" +protection: \(([0-9]{1,18}(?:, [0-9]{1,18})*)\)")
_FIELD = re.compile(rb" +(pages )?(\w{1,40}(?: \w{1,40}){0,3}):? +(-?[0-9]{1,18})")

# A line that opens a section, and the section's name here.
_SECTIONS = {b"per-node stats": "node", b"pagesets": "pageset"}
_NO_ZONE = "a line that belongs to no zone"


def parse_pagetypeinfo(
    chunks: Iterable[bytes],
) -> Iterator[PageblockOrder | PagetypeFree | PagetypeBlocks | Filler | Reject]:
    """Read /proc/pagetypeinfo, which repeats all its tables for every node."""
    types: tuple[str, ...] = ()
    mixed = False
    for line in read_lines(chunks):
        if not line.whole or not line.ended:
            yield line.reject(CUT_SHORT if line.whole else TOO_LONG)
        elif match := _TYPES.fullmatch(line.text):
            types = tuple(match[2].decode().split())
            mixed = match[1] == b"mixed blocks"
            yield Filler(line.at)
        else:
            if not line.text.strip():
                types = ()  # a table ends here: without its heading the next one says nothing
            yield _read_pagetype(line, types, mixed=mixed)


def _read_pagetype(
    line: Line, types: tuple[str, ...], *, mixed: bool
) -> PageblockOrder | PagetypeFree | PagetypeBlocks | Filler | Reject:
    if match := _ORDER.fullmatch(line.text):
        return PageblockOrder(line.at, int(match[1]))
    if match := _FREE.fullmatch(line.text):
        node, zone, kind, numbers = int(match[1]), match[2].decode(), match[3].decode(), match[4]
        words = numbers.split()
        counts = tuple(int(word.lstrip(b">")) for word in words)
        capped = tuple(word.startswith(b">") for word in words)
        return PagetypeFree(line.at, node, zone, kind, counts, capped)
    if match := _BLOCKS.fullmatch(line.text):
        node, zone, blocks = int(match[1]), match[2].decode(), tuple(map(int, match[3].split()))
        if len(blocks) != len(types):
            return line.reject("not as many numbers as the heading has types")
        return PagetypeBlocks(line.at, node, zone, mixed, types, blocks)
    if _PAGETYPE_HEADING.fullmatch(line.text):
        return Filler(line.at)
    return line.reject("a line of another format")


def parse_zoneinfo(chunks: Iterable[bytes]) -> Iterator[ZoneinfoField | Filler | Reject]:
    """Read /proc/zoneinfo."""
    zones = _Zones()
    for line in read_lines(chunks):
        if not line.whole or not line.ended:
            yield line.reject(CUT_SHORT if line.whole else TOO_LONG)
        else:
            yield zones.read(line)


class _Zones:
    """Remembers in which zone, section and CPU the next line stands."""

    def __init__(self) -> None:
        self._zone: tuple[int, str] | None = None
        self._section = "other"
        self._cpu: int | None = None

    def read(self, line: Line) -> ZoneinfoField | Filler | Reject:
        """Read the next line."""
        if match := _ZONE_LINE.fullmatch(line.text):
            self._zone = int(match[1]), match[2].decode()
            self._section, self._cpu = "other", None
            return Filler(line.at)
        if section := _SECTIONS.get(line.text.strip()):
            self._section, self._cpu = section, None
            return Filler(line.at)
        if match := _CPU.fullmatch(line.text):
            self._cpu = int(match[1])
            return Filler(line.at)
        if not line.text.strip():
            return Filler(line.at)
        return self._read_field(line)

    def _read_field(self, line: Line) -> ZoneinfoField | Reject:
        if self._zone is None:
            return line.reject(_NO_ZONE)
        if match := _PROTECTION.fullmatch(line.text):
            self._section = "stat"
            values = tuple(map(int, match[1].split(b", ")))
            return ZoneinfoField(line.at, *self._zone, "zone", None, "protection", values)
        match = _FIELD.fullmatch(line.text)
        if not match:
            if not line.text.startswith(b" "):
                self._zone = None  # what follows may belong to the zone that this line named
            return line.reject("a line of another format")
        if match[1]:
            self._section = "zone"
        name = match[2].decode()
        section, cpu = self._section, self._cpu
        if name == "vm stats threshold":
            self._cpu = None
        elif section == "pageset" and cpu is None:
            section = "other"
        return ZoneinfoField(line.at, *self._zone, section, cpu, name, (int(match[3]),))
