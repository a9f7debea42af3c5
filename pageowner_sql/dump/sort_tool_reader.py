"""A dump's text -> page_owner_sort's records, cut where its fgets and its buffer cut them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pageowner_sql.dump.sort_tool import BUFFER

_EMPTY_LINES = re.compile(rb"\n+")


class CRecord(NamedTuple):
    """A record as page_owner_sort has it: its text, and the PFN line that it has of its own.

    `times`: how many of it stand in a row, where it is empty.
    """

    text: bytes
    pfn_line: bytes | None = None
    times: int = 1


class Reader:
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
