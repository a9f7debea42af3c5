"""Chunks of bytes -> lines that know where they stood, in bounded memory.

Every parser of the small kernel files yields items whose spans tile the input: what is
neither a row nor a filler line is a `Reject`, so nothing is lost without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Longer than any line these files can have; what is longer goes to the rejects in pieces.
LONGEST_LINE = 1 << 16
# A reject keeps its bytes in pieces of at most this many.
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the input: byte offset and size, first line (from 1) and number of lines.

    A line that is too long is cut into several spans, and only the first of them counts it.
    """

    offset: int
    size: int
    line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Item:
    """Anything a parser yields. `at` says where it stood."""

    at: Span


@dataclass(frozen=True, slots=True)
class Reject(Item):
    """Bytes that could not be read, as they were (at most 1 MiB), and why."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Filler(Item):
    """Lines that say nothing to load: headings, blank lines, other messages of a log."""


class Line(NamedTuple):
    """A line of the input, or a piece of one that is too long (then not `whole`).

    `text` is without the line's end, `raw` with it. Only the last line can lack it (`ended`).
    """

    offset: int
    number: int
    fresh: bool
    whole: bool
    ended: bool
    text: bytes
    raw: bytes

    @property
    def at(self) -> Span:
        """Where the line stands."""
        return Span(self.offset, len(self.raw), self.number, int(self.fresh))

    def reject(self, reason: str) -> Reject:
        """Give the line back unread."""
        return Reject(self.at, reason, self.raw)


def read_lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """Split chunks of any size into lines, longer ones than LONGEST_LINE into pieces.

    Where every line of the first chunk ends in CR LF, the CR is part of the line's end.
    """
    chunks = iter(chunks)
    first = next(chunks, b"")
    crlf = _has_crlf(first)
    offset = number = 0
    fresh = True
    for raw in _cut(chain((first,), chunks)):
        number += fresh
        ended = raw.endswith(b"\n")
        text = raw.removesuffix(b"\n")
        if crlf and ended:
            text = text.removesuffix(b"\r")
        yield Line(offset, number, fresh, fresh and len(raw) <= LONGEST_LINE, ended, text, raw)
        offset += len(raw)
        fresh = ended


def _has_crlf(head: bytes) -> bool:
    """Tell a DOS-mangled text: at least two lines, because a name can end one line in CR."""
    lines = head.split(b"\n")[:-1]
    return len(lines) > 1 and all(line.endswith(b"\r") for line in lines)


def _cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each line with its newline, and a very long one in pieces of PIECE bytes."""
    rest = b""
    for part in _parts(chunks):
        start = 0
        while (end := part.find(b"\n", start) + 1) > 0:
            yield from _parts((rest + part[start:end],))
            rest = b""
            start = end
        rest += part[start:]
        if len(rest) > PIECE:
            yield rest[:PIECE]
            rest = rest[PIECE:]
    if rest:
        yield rest


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if len(chunk) <= PIECE:
            yield chunk
        else:
            yield from (chunk[at : at + PIECE] for at in range(0, len(chunk), PIECE))


def span_of(lines: list[Line]) -> Span:
    """Join the spans of neighbouring lines."""
    size = sum(len(line.raw) for line in lines)
    return Span(lines[0].offset, size, lines[0].number, sum(line.fresh for line in lines))


def reject_lines(lines: list[Line], reason: str) -> Iterator[Reject]:
    """Give neighbouring lines back unread, in as few pieces of at most PIECE bytes as it takes."""
    start = size = 0
    for index, line in enumerate(lines):
        if size + len(line.raw) > PIECE and index > start:
            yield _joined(lines[start:index], reason)
            start, size = index, 0
        size += len(line.raw)
    if lines:
        yield _joined(lines[start:], reason)


def _joined(lines: list[Line], reason: str) -> Reject:
    return Reject(span_of(lines), reason, b"".join(line.raw for line in lines))


TOO_LONG = "a line of more than 64 KiB"
CUT_SHORT = "the file ends inside this line"
