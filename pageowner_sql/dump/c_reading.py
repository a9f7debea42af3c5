"""How page_owner_sort itself reads a text: for the records where its reading is not ours.

It ends a record at any empty line, takes every line that starts with PFN out, and finds fields
by the first match of a pattern anywhere in the text, a process name included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ORDER = re.compile(rb"order\s*([0-9]*),")
PID = re.compile(rb"pid\s*([0-9]*),")
TGID = re.compile(rb"tgid\s*([0-9]*) ")
COMM = re.compile(rb"tgid\s*[0-9]*\s*\((.*)\),\s*ts")
TS = re.compile(rb"ts\s*([0-9]*)\s*ns")
TS_COMMA = re.compile(rb"ts\s*([0-9]*)\s*ns,")
FREE_TS = re.compile(rb"free_ts\s*([0-9]*)\s*ns")

_CONFUSING_COMM = re.compile(rb"ts\s*[0-9]*\s*ns|\),\s*ts|\n")
_CONFUSING_REST = re.compile(
    rb"(?:\A|\n)PFN|pid\s*[0-9]*,|tgid\s*[0-9]* |tgid\s*[0-9]*\s*\(|ts\s*[0-9]*\s*ns|order\s*[0-9]*,"
)
# Its buffers: a number of more than 24 digits and a name of more than 15 bytes do not fit.
_MOST_DIGITS = 24
_MOST_COMM = 15
# It stops reading for good at a record that does not fit into this many bytes.
BUFFER = 128 * 1024

NOT_FOUND = (1 << 64) - 1


def plain_header(text: bytes, comm: bytes | None, pid: int | None, tgid: int | None) -> bool:
    """It finds in this header what we find."""
    if comm is not None and (_CONFUSING_COMM.search(comm) or len(comm) > _MOST_COMM):
        return False
    if comm is not None and not text.endswith(b"), ts "):
        return False
    return b"\n" not in text and (pid or 0) >= -1 and (tgid or 0) >= -1


def plain_rest(text: bytes) -> bool:
    """It sees in a record with this text below the PFN line what we see."""
    whole = text == b"\n" or text.endswith(b"\n\n")
    return whole and _CONFUSING_REST.search(text) is None


@dataclass(frozen=True)
class Text:
    """A record's text, parted as page_owner_sort does: first line, and the stacktrace below."""

    whole: bytes

    @property
    def line(self) -> bytes:
        """The first line with its newline."""
        return self.whole[: self.whole.find(b"\n") + 1]

    @property
    def body(self) -> bytes:
        """All other lines."""
        return self.whole[self.whole.find(b"\n") + 1 :]

    @property
    def head(self) -> bytes:
        """The first line up to where the header of a plain record would end."""
        line = self.line
        for mark in (b"), ts ", b", ts "):
            if mark in line:
                return line[: line.index(mark) + len(mark)]
        return line[:-1]


@dataclass(frozen=True)
class CRecord:
    """A record as page_owner_sort has it.

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


def _number(pattern: re.Pattern[bytes], text: bytes, missing: int) -> int:
    found = pattern.search(text)
    if found is None or not found[1] or len(found[1]) > _MOST_DIGITS:
        return missing
    return min(int(found[1]), NOT_FOUND)


def _pages(text: bytes) -> int:
    order = _number(ORDER, text, -1)
    return 1 << order if 0 <= order <= 30 else 0


def _comm(text: bytes) -> bytes:
    found = COMM.search(text)
    return found[1] if found and len(found[1]) <= _MOST_COMM else b""


def vmalloc(text: bytes) -> bool:
    """The frame just above the first __vmalloc_node_range has alloc_pages in its name."""
    at = text.find(b"__vmalloc_node_range")
    if at < 0:
        return False
    line = text.rfind(b"\n", 0, at)
    above = text.rfind(b"\n", 0, max(line, 0)) + 1
    return 0 <= text.find(b"alloc_pages", above) < at


def _cut(text: bytes) -> bytes:
    found = TS.search(text)
    return text[: found.start(1)] + text[found.end(1) :] if found else text


def _record(lines: list[bytes]) -> CRecord:
    text = b"".join(line for line in lines if not line.startswith(b"PFN"))
    pfn = [line for line in lines if line.startswith(b"PFN")]
    # An empty record is looked at with the newline still in the buffer: nothing is found.
    return CRecord(
        text=Text(text),
        cut_text=Text(_cut(text)),
        pages=_pages(text),
        pid=_number(PID, text, -1),
        tgid=_number(TGID, text, -1),
        name=_comm(text),
        alloc_ts=_number(TS, text, NOT_FOUND),
        alloc_ts_comma=_number(TS_COMMA, text, NOT_FOUND),
        free_ts=_number(FREE_TS, text, NOT_FOUND),
        cma=b"CMA" in pfn[-1] if pfn else None,
        slab=b"slab" in pfn[-1] if pfn else None,
        vmalloc=vmalloc(text),
    )


def read(text: bytes) -> tuple[list[CRecord], bool]:
    """The records it makes of `text`, and False where it stops reading for good."""
    records: list[CRecord] = []
    lines: list[bytes] = []
    size = 0
    for line in (piece + b"\n" for piece in text.split(b"\n")[:-1]):
        if line == b"\n":
            records.append(_record(lines))
            lines, size = [], 0
            continue
        lines.append(line)
        size += 0 if line.startswith(b"PFN") else len(line)
        if size >= BUFFER - 1:
            return records, False
    return records, True
