"""The exact, slow reading of one region: whatever lies between two record starts.

It takes what the fast reading will not vouch for: hostile names, vendor lines, damaged or
truncated records, text that is no record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.dump.dialects import (
    HEADER,
    HEADER_TAIL,
    MOST_COMM,
    PFN_LINE,
    PFN_TAIL,
    START,
    Layout,
    Shape,
)

# Timestamps, PFNs and block numbers are kept in signed 64 bits, so that people can subtract them.
MOST_NUMBER = (1 << 63) - 1
# 1 << order must stay a page count that sums without overflow; the kernel's own limit is below 20.
MOST_ORDER = 32

NO_RECORD = "text that belongs to no record"


@dataclass(frozen=True)
class Record:
    """One record in pieces; joined as `Layout` says they are the record's bytes."""

    header: bytes
    alloc_ts: int | None
    free_ts: int | None
    pfn: int
    block: int
    layout: Layout
    tail: bytes
    rest: bytes
    truncated: bool = False

    def text(self) -> bytes:
        """The bytes of the record."""
        parts = [self.header]
        if self.alloc_ts is not None:
            parts.append(b"%d" % self.alloc_ts)
        parts.append(self.layout.after_ts)
        if self.free_ts is not None:
            parts.append(b"%d" % self.free_ts)
        parts.append(self.layout.after_free_ts)
        parts.append((b"%x" if self.layout.hex_pfn else b"%d") % self.pfn)
        parts += [self.layout.after_pfn, b"%d" % self.block, self.tail, self.rest]
        return b"".join(parts)


@dataclass(frozen=True)
class Reject:
    """Bytes that are no record, why, and where they begin within the region."""

    offset: int
    reason: str
    raw: bytes


@dataclass(frozen=True)
class Gap:
    """Empty lines where none belong: kept for the way back, no record and no reject."""

    raw: bytes


Item = Record | Reject | Gap


def _tail_at(region: bytes, after: int, task: bool) -> re.Match[bytes] | None:
    """The header's tail: with a comm, the last one that begins where the comm can end."""
    if not task:
        return HEADER_TAIL.match(region, after)
    for end in range(min(after + MOST_COMM, len(region)), after - 1, -1):
        if region[end : end + 1] == b")" and (found := HEADER_TAIL.match(region, end + 1)):
            return found
    # A kernel with longer names than mainline's: still unambiguous on a single line.
    line_end = region.find(b"\n", after)
    end = region.rfind(b")", after, line_end if line_end >= 0 else len(region))
    return HEADER_TAIL.match(region, end + 1) if end >= 0 else None


def _exact(number: bytes, base: int) -> int | None:
    """The number if printing it gives the same text back and 64 bits hold it."""
    if len(number) > 20 or (len(number) > 1 and number.startswith(b"0")):
        return None
    value = int(number, base)
    return value if value <= MOST_NUMBER else None


def _end_of_record(region: bytes, start: int) -> int:
    """Where the record whose lines below the PFN line begin at `start` ends."""
    if region[start : start + 1] == b"\n":
        return start + 1
    end = region.find(b"\n\n", start)
    return len(region) if end < 0 else end + 2


def read_record(region: bytes) -> tuple[Record, int] | str:
    """The record at the start of `region` and its length, or why there is none."""
    head = HEADER.match(region)
    if head is None:
        return "the header has no order and mask"
    if int(head["order"][:4]) > MOST_ORDER or _exact(head["order"], 10) is None:
        return "the order is out of range"
    tail = _tail_at(region, head.end(), (head["task"] or b"").endswith(b"("))
    if tail is None:
        return "the header does not end as one, or no PFN line follows"
    line = PFN_LINE.match(region, tail.end())
    if line is None or PFN_TAIL.fullmatch(line["tail"]) is None:
        return "the PFN line is not whole"
    times = [_exact(text, 10) for text in (tail["ts"], tail["free_ts"]) if text is not None]
    pfn, block = _exact(line["pfn"], 16 if line["hex"] else 10), _exact(line["block"], 10)
    if pfn is None or block is None or None in times:
        return "a number is out of range"
    end = _end_of_record(region, line.end())
    return _assemble(region, tail, line, (pfn, block, end)), end


def _assemble(
    region: bytes, tail: re.Match[bytes], line: re.Match[bytes], numbers: tuple[int, int, int]
) -> Record:
    pfn, block, end = numbers
    first = "ts" if tail["ts"] is not None else "free_ts" if tail["free_ts"] is not None else None
    pfn_start = line.start("pfn")
    cut = pfn_start if first is None else tail.start(first)
    header, after_ts, after_free = region[:cut], b"", b""
    alloc = free = None
    if tail["free_ts"] is not None:
        free = int(tail["free_ts"])
        after_free = region[tail.end("free_ts") : pfn_start]
    if tail["ts"] is not None:
        alloc = int(tail["ts"])
        stop = tail.start("free_ts") if free is not None else pfn_start
        after_ts = region[tail.end("ts") : stop]
    if first is None:
        header, after_ts = region[: tail.start()], region[tail.start() : pfn_start]
    layout = Layout(after_ts, after_free, line["hex"] is not None, line["before_block"])
    rest = region[line.end() : end]
    truncated = not (rest == b"\n" or rest.endswith(b"\n\n"))
    return Record(header, alloc, free, pfn, block, layout, line["tail"], rest, truncated)


def read_region(region: bytes) -> list[Item]:
    """Everything in `region`, in order; the items' bytes joined are the region's."""
    items: list[Item] = []
    at = 0
    if region.startswith(START):
        found = read_record(region)
        if isinstance(found, str):
            body = region.rstrip(b"\n")
            at = min(len(region), len(body) + 2)
            items.append(Reject(0, found, region[:at]))
        else:
            items.append(found[0])
            at = found[1]
    rest = region[at:]
    if rest and not rest.strip(b"\n"):
        items.append(Gap(rest))
    elif rest:
        items.append(Reject(at, NO_RECORD, rest))
    return items


def shape_of(record: Record) -> Shape | None:
    """The shape of a plain mainline record, None for any other."""
    layout = record.layout
    if layout.after_ts.count(b"\n") + layout.after_free_ts.count(b"\n") != 1:
        return None
    comm = record.header.endswith(b"), ts ")
    if comm != (b", tgid " in record.header):
        return None
    ts, free = record.alloc_ts is not None, record.free_ts is not None
    return Shape(comm, ts, free, layout.hex_pfn)
