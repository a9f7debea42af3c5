"""What kind of file this is, by what it says and not by its name."""

from __future__ import annotations

import re

from pageowner_sql.dump.kinds import Kind

# As much of a file as is looked at, in bytes.
HEAD = 1 << 16

# The name of a bundle's first member, as live/bundle.py writes it.
BUNDLE_START = b"pageowner_sql/moment\0"

# A process can put any 15 bytes into a record, a newline among them: signs that decide before
# a record is recognised must be longer, or stand where no name can.
_RECORD = re.compile(rb"Page allocated via order [0-9]+, mask ")
_SORTED = re.compile(
    rb"^-?[0-9]+ times(?:, -?[0-9]+ pages[, :\r\n]|:\r?\nPage allocated via order )", re.MULTILINE
)
# The line of dump_page() that tells of an allocation.
PAGE_REPORT = re.compile(
    rb"page (?:last )?allocated via order ([0-9]{1,2})(?:, migratetype ([A-Za-z]{2,16}))?"
    rb"(?:, gfp_mask (0x[0-9a-f]{1,8})\([^()\n]{0,4096}\))?"
)
_LOG_TIME = re.compile(rb"^(?:<[0-9]+>)?\[ *[0-9]+\.[0-9]{6}\]", re.MULTILINE)

# One sure line of each, checked in this order once no record and no report is there.
_SIGNS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = tuple(
    (kind, re.compile(pattern, re.MULTILINE))
    for kind, pattern in (
        (Kind.ALLOCINFO, rb"^allocinfo - version: |^ *-?[0-9]+ +[0-9]+ \S+:[0-9]+ .*func:"),
        (Kind.SLABINFO, rb"^slabinfo - version: |^\S.* : tunables +[0-9]+ .* : slabdata "),
        (Kind.PAGETYPEINFO, rb"^Page block order: [0-9]+|^Node +[0-9]+, zone +\w+, type +\w+ "),
        (Kind.ZONEINFO, rb"^Node [0-9]+, zone +\w+\r?\n +(?:pages free|per-node stats)"),
        (Kind.BUDDYINFO, rb"^Node [0-9]+, zone +\w+(?: +[0-9]+){4,} *\r?$"),
        (Kind.MEMINFO, rb"^(?:Node [0-9]+ )?MemTotal: +[0-9]+ kB"),
        (Kind.VMALLOCINFO, rb"^0x[0-9a-f_()ptrval]+-0x[0-9a-f_()ptrval]+ +[0-9]+ "),
    )
)


def sniff_kind(head: bytes) -> Kind:
    """Say what a file is from its first HEAD bytes (more is not looked at)."""
    head = head[:HEAD]
    if head.startswith(BUNDLE_START):
        return Kind.BUNDLE
    if _SORTED.search(head):
        return Kind.SORTED
    if _RECORD.search(head):
        return Kind.PAGE_OWNER
    if PAGE_REPORT.search(head):
        return Kind.DMESG
    for kind, sign in _SIGNS:
        if sign.search(head):
            return kind
    return _sniff_stacks(head) or (Kind.DMESG if _LOG_TIME.search(head) else Kind.UNKNOWN)


def _sniff_stacks(head: bytes) -> Kind | None:
    """Tell the three files of page_owner_stacks apart by which lines they have."""
    lines = [line.rstrip(b"\r") for line in head.split(b"\n")]
    handle = any(_HANDLE.fullmatch(line) for line in lines)
    count = any(_COUNT.fullmatch(line) for line in lines)
    if handle and not count:
        return Kind.SHOW_STACKS_HANDLES
    if handle:
        return Kind.SHOW_HANDLES
    return Kind.SHOW_STACKS if count else None


_HANDLE = re.compile(rb"handle: -?[0-9]{1,10}")
_COUNT = re.compile(rb"(?:nr_base_pages|stack_count): -?[0-9]{1,10}")
