"""How page_owner_sort itself reads a text: for the records where its reading is not ours.

It ends a record at any empty line, takes every line that starts with PFN out, ends a line's text
at a NUL, and finds fields by the first match of a pattern anywhere, a process name included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

ORDER = re.compile(rb"order\s*([0-9]*),")
PID = re.compile(rb"pid\s*([0-9]*),")
TGID = re.compile(rb"tgid\s*([0-9]*) ")
COMM = re.compile(rb"tgid\s*[0-9]*\s*\((.*)\),\s*ts")
TS = re.compile(rb"ts\s*([0-9]*)\s*ns")
TS_COMMA = re.compile(rb"ts\s*([0-9]*)\s*ns,")
FREE_TS = re.compile(rb"free_ts\s*([0-9]*)\s*ns")

# A header up to its first timestamp in which those patterns find what the kernel put there. None
# such begins another with a timestamp, so that texts can be compared header first, then the rest.
_PLAIN = rb"""Page\ allocated\ via\ order\ [0-9]{1,2},\ mask\ 0x[0-9a-f]+(?:\([A-Za-z0-9_|]*\))?
    (?:,\ pid\ [0-9]+(?:,\ tgid\ [0-9]+\ \((?P<comm>[^\n\0]{0,15}?)\))?,\ ts\ )?"""
_PLAIN_HEADER = re.compile(_PLAIN, re.VERBOSE)
_PLAIN_LINE = re.compile(_PLAIN + rb"(?:(?<=,\ ts\ )|(?=\n))", re.VERBOSE)
_CONFUSING_COMM = re.compile(rb"ts\s*[0-9]*\s*ns|\),\s*ts")
_CONFUSING_REST = re.compile(
    rb"(?:\A|\n)PFN|\0|pid\s*[0-9]*,|tgid\s*[0-9]* |tgid\s*[0-9]*\s*\(|ts\s*[0-9]*\s*ns"
    rb"|order\s*[0-9]*,"
)
# What it shifts by, without undefined behaviour.
_MOST_ORDER = 30
# It stops reading for good at a record that does not fit into this many bytes.
BUFFER = 128 * 1024
# Longer texts are left to the exact reading, whether they fit or not.
_MOST_PLAIN = BUFFER // 4

NOT_FOUND = (1 << 64) - 1


def plain_header(text: bytes, order: int) -> bool:
    """It finds in this header what we find."""
    found = _PLAIN_HEADER.fullmatch(text)
    if found is None or order > _MOST_ORDER or len(text) > _MOST_PLAIN:
        return False
    return found["comm"] is None or _CONFUSING_COMM.search(found["comm"]) is None


def plain_rest(text: bytes) -> bool:
    """It sees in a record with this text below the PFN line what we see."""
    whole = text == b"\n" or text.endswith(b"\n\n")
    return whole and len(text) <= _MOST_PLAIN and _CONFUSING_REST.search(text) is None


@dataclass(frozen=True)
class Text:
    """A record's text, parted as page_owner_sort does: first line, and the stacktrace below."""

    whole: bytes

    @property
    def line(self) -> bytes:
        """The first line with its newline; all of a text that has none."""
        end = self.whole.find(b"\n") + 1
        return self.whole[:end] if end else self.whole

    @property
    def body(self) -> bytes:
        """All other lines."""
        return self.whole[len(self.line) :]

    @property
    def head(self) -> bytes:
        """What of the first line could be a plain header; empty for nothing."""
        found = _PLAIN_LINE.match(self.line)
        return found[0] if found else b""


@dataclass(frozen=True)
class CRecord:
    """A record as page_owner_sort has it; `times` in a row where it is empty.

    `cut_text`: the text without the digits of its first timestamp; pid and tgid -1, timestamps
    2^64-1, pages 0 where not found; `cma`, `slab` None where it has no PFN line of its own.
    """

    text: Text
    cut_text: Text
    pages: int
    pid: int
    tgid: int
    name: bytes
    alloc_ts: int
    alloc_ts_comma: int
    free_ts: int
    cma: bool | None
    slab: bool | None
    vmalloc: bool
    times: int = 1


def _digits(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found and found[1] else None


def _wrapped(number: int) -> int:
    """What a C int keeps of a number."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


def _int(pattern: re.Pattern[bytes], text: bytes) -> int:
    number = _digits(pattern, text)
    return -1 if number is None or number >= 1 << 63 else _wrapped(number)


def _time(pattern: re.Pattern[bytes], text: bytes) -> int:
    number = _digits(pattern, text)
    return NOT_FOUND if number is None else min(number, NOT_FOUND)


def _pages(text: bytes) -> int:
    """1 << order as x86 shifts: by the five lowest bits, into an int."""
    order = _digits(ORDER, text)
    if order is None or order >= 1 << 63 or _wrapped(order) > 64:
        return 0
    return _wrapped(1 << order % 32)


def vmalloc(text: bytes) -> bool:
    """The frame just above the first __vmalloc_node_range has alloc_pages in its name.

    Without a line above, it reads what is not the record's; that counts as no.
    """
    at = text.find(b"__vmalloc_node_range")
    if at < 0:
        return False
    line = text.rfind(b"\n", 0, at)
    above = text.rfind(b"\n", 0, max(line, 0))
    return above >= 0 and 0 <= text.find(b"alloc_pages", above) < at


def _cut(text: bytes) -> bytes:
    found = TS.search(text)
    return text[: found.start(1)] + text[found.end(1) :] if found else text


def _record(text: bytes, pfn_line: bytes | None) -> CRecord:
    # The empty line is still in its buffer, and a pattern may reach into it.
    buffer = text + b"\n"
    comm = COMM.search(buffer)
    return CRecord(
        text=Text(text),
        cut_text=Text(_cut(text)),
        pages=_pages(buffer),
        pid=_int(PID, buffer),
        tgid=_int(TGID, buffer),
        name=comm[1] if comm else b"",
        alloc_ts=_time(TS, buffer),
        alloc_ts_comma=_time(TS_COMMA, buffer),
        free_ts=_time(FREE_TS, buffer),
        cma=None if pfn_line is None else b"CMA" in pfn_line,
        slab=None if pfn_line is None else b"slab" in pfn_line,
        vmalloc=vmalloc(buffer),
    )


_EMPTY = _record(b"", None)


class Reader:
    """Reads a file part by part as fgets does, into a buffer that holds one record.

    `stopped`: a record did not fit, and no more is read.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._text = bytearray()
        self._pfn_line: bytes | None = None
        self._unread = b""

    def read(self, part: bytes) -> Iterator[CRecord]:
        """The records that end in `part`, which goes on where the last one ended."""
        if part and not self._text and not self._unread and not part.strip(b"\n"):
            yield replace(_EMPTY, times=len(part))
            return
        data, at = self._unread + part, 0
        while line := self._line(data, at):
            at += len(line)
            if line == b"\n":
                yield self._record()
            elif line.startswith(b"PFN"):
                self._pfn_line = line.partition(b"\0")[0]
            else:
                self._text += line.partition(b"\0")[0]
        self._unread = data[at:]

    def _record(self) -> CRecord:
        record = _record(bytes(self._text), self._pfn_line)
        self._text.clear()
        self._pfn_line = None
        return record

    def _line(self, data: bytes, at: int) -> bytes:
        """What fgets gives: a line, or what of it the buffer takes; nothing where data is short."""
        room = BUFFER - len(self._text) - 1
        self.stopped = room < 1
        end = data.find(b"\n", at, at + room) + 1 or at + room
        return data[at:end] if end <= len(data) and not self.stopped else b""
