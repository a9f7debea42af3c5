"""How page_owner_sort itself reads a text: for the records where its reading is not ours.

It ends a record at any empty line, takes every line that starts with PFN out, ends a line's text
at a NUL, and finds fields by the first match of a pattern anywhere, a process name included.
"""

from __future__ import annotations

import ctypes
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from pageowner_sql.native.library import library

# A header up to its first timestamp in which the tool finds what the kernel put there. None
# such begins another with a timestamp, so that texts can be compared header first, then the rest.
_PLAIN = rb"""Page\ allocated\ via\ order\ [0-9]{1,2},\ mask\ 0x[0-9a-f]+(?:\([A-Za-z0-9_|]*\))?
    (?:,\ pid\ [0-9]+(?:,\ tgid\ [0-9]+\ \((?P<comm>[^\n\0]{0,15}?)\))?,\ ts\ )?"""
_PLAIN_HEADER = re.compile(_PLAIN, re.VERBOSE)
_CONFUSING_COMM = re.compile(rb"ts\s*+[0-9]*+\s*+ns|\),\s*+ts")
# What it shifts by, without undefined behaviour.
_MOST_ORDER = 30
# It stops reading for good at a record that does not fit into this many bytes.
BUFFER = 128 * 1024
# Longer texts are left to the exact reading, whether they fit or not.
_MOST_PLAIN = BUFFER // 4
# What native/sort_tool.c calls the text below the PFN line.
_REST = 2


def plain_header(text: bytes, order: int) -> bool:
    """It finds in this header what we find."""
    found = _PLAIN_HEADER.fullmatch(text)
    if found is None or order > _MOST_ORDER or len(text) > _MOST_PLAIN:
        return False
    return found["comm"] is None or _CONFUSING_COMM.search(found["comm"]) is None


def plain_rest(text: bytes) -> bool:
    """It sees in a record with this text below the PFN line what we see.

    native/sort_tool.c finds few more texts confusing than are: c_records then has a reading of the
    tool's that is ours too.
    """
    return bool(library().sort_tool_reads_alike(_REST, text, ctypes.c_int64(len(text))))


# The columns of native/sort_fields.c, each with the type code of module array.
_COLUMNS = {
    **dict.fromkeys(("line_end", "head_end", "cut_at", "cut_end", "cut_head_end"), "q"),
    **dict.fromkeys(("pages", "pid", "tgid", "name_at", "name_end"), "q"),
    **dict.fromkeys(("alloc_ts", "alloc_ts_comma", "free_ts"), "Q"),
    "vmalloc": "q",
}


def read_fields(texts: Sequence[bytes]) -> dict[str, Sequence[Any]]:
    """What page_owner_sort reads out of records' texts, and where a report cuts them, as columns.

    A text is all lines of a record but those that start with PFN, and the empty one: that is in the
    tool's buffer too, but no pattern can end in its newline.

    `line_end`: bytes of the first line with its newline, all of a text that has none; what is
    below is the stacktrace. `head_end`: how many of them could be a plain header, 0 for none.
    `cut_at` to `cut_end`: the digits of the first timestamp, which reports may leave out;
    `cut_head_end` is head_end without them. pid and tgid -1, times 2^64-1, pages 0: not found.
    """
    text = b"".join(texts)
    borders = array("q", accumulate(map(len, texts), initial=0))
    scratch = ctypes.create_string_buffer(max(map(len, texts), default=0) + 1)
    found = array("q", bytes(8 * len(_COLUMNS) * len(texts)))
    library().sort_tool_fields(
        text,
        ctypes.c_void_p(borders.buffer_info()[0]),
        ctypes.c_int64(len(texts)),
        scratch,
        ctypes.c_void_p(found.buffer_info()[0]),
    )
    fields: dict[str, Sequence[Any]] = {}
    for number, (name, code) in enumerate(_COLUMNS.items()):
        values = found[number * len(texts) : (number + 1) * len(texts)]
        fields[name] = array(code, values.tobytes())
    names = zip(fields.pop("name_at"), fields.pop("name_end"), strict=True)
    return {**fields, "name": [text[at:end] for at, end in names]}


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


_EMPTY_LINES = re.compile(rb"\n+")


class CRecord(NamedTuple):
    """A record as page_owner_sort has it: its text, and the PFN line that it has of its own.

    `times`: how many of it stand in a row, where it is empty.
    """

    text: bytes
    pfn_line: bytes | None = None
    times: int = 1


class ToolReader:
    """Reads a file part by part as fgets does, into a buffer that holds one record.

    `stopped`: a record did not fit, and no more is read.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._unread = b""
        # What there is of a record that is so long that its lines have to be counted.
        self._long: _Lines | None = None

    def read(self, part: bytes) -> Iterator[CRecord]:
        """The records that end in `part`, which goes on where the last one ended."""
        data, at = self._unread + part, 0
        while not self.stopped:
            if empty := self._long is None and _EMPTY_LINES.match(data, at):
                yield CRecord(b"", times=empty.end() - at)
                at = empty.end()
            end = data.find(b"\n\n", at, at + BUFFER - 1) + 1 if self._long is None else 0
            if end:
                yield _record(data[at:end])
                at = end + 1
            elif self._long is None and len(data) - at < BUFFER - 1:
                break
            else:
                record, at = self._read_long(data, at)
                if record is None:
                    break
                yield record
        self._unread = data[at:]

    def _read_long(self, data: bytes, at: int) -> tuple[CRecord | None, int]:
        """A record line by line, and where it ends; none where that is not in `data`."""
        lines = self._long = self._long or _Lines()
        while line := fgets(data, at, lines.room):
            at += len(line)
            if line == b"\n":
                self._long = None
                return lines.record(), at
            lines.add(line)
        self.stopped = lines.room < 1
        return None, at


class _Lines:
    """The record in the tool's buffer."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._pfn_line: bytes | None = None

    @property
    def room(self) -> int:
        """How many bytes a line may have."""
        return BUFFER - len(self._text) - 1

    def add(self, line: bytes) -> None:
        """Take a line in: what stands before a NUL."""
        if line.startswith(b"PFN"):
            self._pfn_line = line.partition(b"\0")[0]
        else:
            self._text += line.partition(b"\0")[0]

    def record(self) -> CRecord:
        return CRecord(bytes(self._text), self._pfn_line)


def fgets(data: bytes, at: int, room: int) -> bytes:
    """The line at `at`, or what of it there is room for; nothing where `data` is too short."""
    end = data.find(b"\n", at, at + room) + 1 or at + room
    return data[at:end] if end <= len(data) and room > 0 else b""


def _record(raw: bytes) -> CRecord:
    """A record that is sure to fit, from its lines without the empty one."""
    at = raw.find(b"\nPFN") + 1
    if b"\0" not in raw and not raw.startswith(b"PFN") and raw.find(b"\nPFN", at) < 0:
        end = raw.find(b"\n", at) + 1 if at else 0
        return CRecord(raw[:at] + raw[end:], raw[at:end] or None)
    lines = _Lines()
    for line in raw.split(b"\n")[:-1]:
        lines.add(line + b"\n")
    return lines.record()
