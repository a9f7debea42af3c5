"""The shapes that the two first lines of a record can have, each with the commit that made it.

Never branch on a kernel version: vendors backport freely, so every field is sniffed by itself.

| since | what changed | commit |
|---|---|---|
| 3.19 | header and `PFN %lu Block %lu type %d %s Flags` | 48c96a368579 |
| 4.6  | `%pGg`, `%pGp` | mm, page_owner: print migratetype of page and pageblock, symbolic flags |
| 4.6  | `Page has been migrated, last migrate reason: %s` | 7cd12b4abfd2 |
| 5.11 | `, pid %d, ts %llu ns` | 9cc7e96aa846 |
| 5.13 | `, free_ts %llu ns` | 866b48526217 |
| 5.18 | `, tgid %d` | bf215eab785a |
| 5.18 | ` (%s)`, the comm | 865ed6a32786 |
| 5.18 | `Charged [(via objcg) ]to [offline ]memcg NAME` | fcf8935832b8 |
| 6.5  | `PFN 0x%lx` | mm/page_owner/cma: show pfn in cma/page_onwer with hex format |
| 6.7  | `free_ts` is gone again | mm/page_owner: remove free_ts from page_owner output |
| 7.x  | `handle: %u`, by print mode | mm/page_owner: add print_mode filter |
"""

from __future__ import annotations

import re
from typing import NamedTuple

# 25 bytes: longer than any comm (15), so that no process name can begin a record.
START = b"Page allocated via order "

# `migratetype_names` of mm/show_mem.c and, before, mm/page_alloc.c; what stands between the
# PFN and the block number names one of them. 3.19 to 4.5 have no word there.
MIGRATETYPES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate")
BEFORE_BLOCK = (*(f" type {name} Block ".encode() for name in MIGRATETYPES), b" Block ")


class Shape(NamedTuple):
    """Which fields a header has, and how the PFN is written."""

    comm: bool
    ts: bool
    free_ts: bool
    hex_pfn: bool


class Layout(NamedTuple):
    """The constant text between the numbers of a record; with them it gives the bytes back.

    A record is: header text, alloc_ts, `after_ts`, free_ts, `after_free_ts`, PFN (with `0x` in
    lower-case hex if `hex_pfn`), `after_pfn`, block, rest of the PFN line, rest of the record.
    A number that the record lacks and the text behind it are empty.
    """

    after_ts: bytes
    after_free_ts: bytes
    hex_pfn: bool
    after_pfn: bytes

    @property
    def plain(self) -> bool:
        """Nothing stands between header and PFN line."""
        return (self.after_ts + self.after_free_ts).count(b"\n") == 1

    @property
    def text_1(self) -> bytes:
        """`after_ts` without the PFN line."""
        return self.after_ts if self.after_free_ts else _before_pfn_line(self.after_ts)

    @property
    def text_2(self) -> bytes:
        """`after_free_ts` without the PFN line."""
        return _before_pfn_line(self.after_free_ts)

    @property
    def migratetype(self) -> str | None:
        """The page's own migratetype, None where the PFN line does not name it."""
        words = self.after_pfn.split()
        return words[1].decode("ascii", "replace") if words[0] == b"type" else None

    @property
    def vendor(self) -> Vendor:
        """What some vendors' kernels print above the PFN line."""
        between = (self.after_ts + self.after_free_ts).partition(b"\n")[2]
        fields: dict[str, bytes] = {}
        for pattern in _VENDOR_LINES:
            if found := pattern.search(between):
                fields |= found.groupdict()
        return Vendor(
            slab_name=_text(fields.get("slab_name")),
            file_dev=_text(fields.get("file_dev")),
            file_ino=_number(fields.get("file_ino"), 10),
            file_index=_number(fields.get("file_index"), 16),
            anon_address=_number(fields.get("anon_address"), 16),
        )


class Vendor(NamedTuple):
    """What the lines above a PFN line tell: the slab cache, or what a page is mapped from.

    `file_dev` is major:minor, `file_index` counts pages from the file's start.
    """

    slab_name: str | None
    file_dev: str | None
    file_ino: int | None
    file_index: int | None
    anon_address: int | None


# linux-mm, 9 November 2023, in which vendors' kernels follow it.
_VENDOR_LINES = (
    re.compile(rb"^SLAB_PAGE slab_name:(?P<slab_name>[^\n]{1,200}?) *$", re.MULTILINE),
    re.compile(
        rb"^FILE_PAGE dev (?P<file_dev>[0-9]{1,5}:[0-9]{1,8}) ino:(?P<file_ino>[0-9]{1,19})"
        rb" index:0x(?P<file_index>[0-9a-f]{1,15})\b",
        re.MULTILINE,
    ),
    re.compile(rb"^ANON_PAGE address 0x(?P<anon_address>[0-9a-f]{1,16})\b", re.MULTILINE),
)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def _number(value: bytes | None, base: int) -> int | None:
    return None if value is None else int(value, base)


def _before_pfn_line(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def common_layout(shape: Shape, before_block: bytes) -> Layout:
    """The layout of a mainline record of `shape`, with nothing between header and PFN line."""
    tail = b" ns\nPFN " if shape.ts else b"\nPFN "
    if shape.hex_pfn:
        tail += b"0x"
    if shape.free_ts:
        return Layout(b" ns, free_ts ", tail, shape.hex_pfn, before_block)
    return Layout(tail, b"", shape.hex_pfn, before_block)


# What may stand before the first user-chosen byte of a header.
HEADER = re.compile(
    rb"Page allocated via order (?P<order>\d+), mask (?P<mask>0x[0-9a-f]+)"
    rb"(?:\((?P<gfp>[^\n()]*)\))?"
    rb"(?:, pid (?P<pid>-?\d+))?"
    rb"(?P<task>(?:, tgid (?P<tgid>-?\d+))? \(|, tgid (?P<tgid_only>-?\d+))?"
)

# From the end of the header's last plain field to the PFN: two timestamps, each if it is there,
# and lines that some vendors put in between (SLAB_PAGE, FILE_PAGE, ANON_PAGE), or spaces.
HEADER_TAIL = re.compile(
    rb"(?:, ts (?P<ts>\d+) ns)?(?:, free_ts (?P<free_ts>\d+) ns)?"
    rb" *\n(?P<between>(?:(?!PFN )[^\n]+\n){0,8}?)PFN "
)

PFN_LINE = re.compile(
    rb"(?P<hex>0x)?(?P<pfn>(?(hex)[0-9a-f]+|[0-9]+))"
    rb"(?P<before_block>(?: type \S+)? Block )(?P<block>\d+)(?P<tail> type [^\n]*(?:\n|\)$))"
)

PFN_TAIL = re.compile(
    rb" type (?P<type>\S+)(?: (?P<fallback>Fallback|        ))? Flags "
    rb"(?:(?P<mask>0x[0-9a-f]+)\((?P<names>[^\n]*)\)|(?P<letters>[^\n]*))\n?"
)

MOST_COMM = 15
