"""The exact, slow reading of one region: whatever lies between two record starts.

It takes what the fast reading will not vouch for: hostile names, vendor lines, damaged or
truncated records, text that is not a record.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pageowner_sql.dump.formats import (
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
HOLE = "it holds a NUL byte, which the kernel never prints: the file has a hole"
RUN_TOGETHER = "another record begins in it without an empty line before"


class NoRecordError(Exception):
    """A text is not a record; the message says why."""


class Record(NamedTuple):
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


class RecordReject(NamedTuple):
    """Bytes that are not a record, the reason, and where they begin within the region."""

    offset: int
    reason: str
    raw: bytes


# DuckDB takes 2048 rows at a time, so that longer texts would need its memory.
MOST_GAP = 1 << 11


class Gap(NamedTuple):
    """Empty lines where none belong: kept for the way back, no record and no reject."""

    raw: bytes


Item = Record | RecordReject | Gap


def read_gaps(text: bytes) -> list[Item]:
    """Empty lines, in pieces of some kilobytes."""
    return [Gap(text[at : at + MOST_GAP]) for at in range(0, len(text), MOST_GAP)]


def _tail_at(region: bytes, after: int, *, task: bool) -> re.Match[bytes] | None:
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


def _exact(number: bytes, base: int = 10) -> int:
    """The number, if printing it gives the same text back and 64 bits hold it."""
    if len(number) <= 19 and (len(number) == 1 or not number.startswith(b"0")):
        value = int(number, base)
        if value <= MOST_NUMBER:
            return value
    raise NoRecordError("a number is out of range, or not written as the kernel does")


def has_pfn_line(rest: bytes) -> bool:
    """Another PFN line stands below a record's own: these are two records, or parts of them."""
    return rest.startswith(b"PFN ") or b"\nPFN " in rest


def _end_of_record(region: bytes, start: int) -> int:
    """Where the record whose lines below the PFN line begin at `start` ends."""
    if region[start : start + 1] == b"\n":
        return start + 1
    end = region.find(b"\n\n", start)
    return len(region) if end < 0 else end + 2


def read_record(region: bytes) -> tuple[Record, int]:
    """The record at the start of `region` and its length. Raises NoRecordError with the reason."""
    head = HEADER.match(region)
    if head is None:
        raise NoRecordError("the header has no order and mask")
    if _exact(head["order"]) > MOST_ORDER:
        raise NoRecordError("the order is out of range")
    tail = _tail_at(region, head.end(), task=(head["task"] or b"").endswith(b"("))
    if tail is None:
        raise NoRecordError("the header does not end as one, or no PFN line follows")
    line = PFN_LINE.match(region, tail.end())
    if line is None or PFN_TAIL.fullmatch(line["tail"]) is None:
        raise NoRecordError("the PFN line is not whole")
    end = _end_of_record(region, line.end())
    if has_pfn_line(region[line.end() : end]):
        raise NoRecordError(RUN_TOGETHER)
    if b"\0" in region[line.end() : end]:
        raise NoRecordError(HOLE)
    return _assemble(region, tail, line, end), end


def _assemble(region: bytes, tail: re.Match[bytes], line: re.Match[bytes], end: int) -> Record:
    pfn = _exact(line["pfn"], 16 if line["hex"] else 10)
    alloc, free = (None if tail[name] is None else _exact(tail[name]) for name in ("ts", "free_ts"))
    header, after_ts, after_free = _around_times(region, tail, line.start("pfn"))
    layout = Layout(after_ts, after_free, line["hex"] is not None, line["before_block"])
    rest = region[line.end() : end]
    truncated = not (rest == b"\n" or rest.endswith(b"\n\n"))
    block = _exact(line["block"])
    return Record(header, alloc, free, pfn, block, layout, line["tail"], rest, truncated)


def _around_times(region: bytes, tail: re.Match[bytes], pfn: int) -> tuple[bytes, bytes, bytes]:
    """The text before the timestamps, behind alloc_ts and behind free_ts, up to the PFN's digits.

    Without timestamps it is cut where they would stand; without alloc_ts nothing is behind it.
    """
    if tail["free_ts"] is None:
        end_of_ts = tail.start() if tail["ts"] is None else tail.end("ts")
        before = tail.start() if tail["ts"] is None else tail.start("ts")
        return region[:before], region[end_of_ts:pfn], b""
    after_free = region[tail.end("free_ts") : pfn]
    if tail["ts"] is None:
        return region[: tail.start("free_ts")], b"", after_free
    after_ts = region[tail.end("ts") : tail.start("free_ts")]
    return region[: tail.start("ts")], after_ts, after_free


def read_region(region: bytes) -> list[Item]:
    """Everything in `region`, in order; the items' bytes joined are the region's."""
    items: list[Item] = []
    at = 0
    if region.startswith(START):
        try:
            record, at = read_record(region)
            items.append(record)
        except NoRecordError as error:
            at = min(len(region), len(region.rstrip(b"\n")) + 2)
            items.append(RecordReject(0, str(error), region[:at]))
    rest = region[at:]
    if rest and not rest.strip(b"\n"):
        items += read_gaps(rest)
    elif rest:
        items.append(RecordReject(at, NO_RECORD, rest))
    return items


def shape_of(record: Record) -> Shape | None:
    """The shape of a plain mainline record, None for any other."""
    layout = record.layout
    if layout.after_ts.count(b"\n") + layout.after_free_ts.count(b"\n") != 1:
        return None
    if layout.after_free_ts and record.alloc_ts is None:
        return None
    comm = record.header.endswith(b"), ts ")
    if comm != (b", tgid " in record.header):
        return None
    ts, free = record.alloc_ts is not None, record.free_ts is not None
    return Shape(comm, ts, free, layout.hex_pfn)
