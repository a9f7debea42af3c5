"""A kernel log -> the dump_page() reports in it. All its other lines are filler."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pageowner_sql.dump.lines import Filler, Line, Reject, Span, read_lines, span_of
from pageowner_sql.dump.page_reports import (
    BAD_PAGE,
    BECAUSE,
    FRAME,
    FREE,
    HEADER_START,
    LONGEST_NAME,
    MIGRATED,
    NO_ALLOCATION_STACK,
    NO_FREE_STACK,
    PAGE,
    TRACKS,
    PageReport,
    read_owner,
)
from pageowner_sql.dump.printk import Message, read_message

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

# A stack depot's trace has at most 64 frames; inlined functions can add some to each.
MOST_FRAMES = 512
# dump_page() prints fewer lines than this from the page's line to the owner's.
REPORT_HEAD = 40


def parse_dmesg(chunks: Iterable[bytes]) -> Iterator[PageReport | Filler | Reject]:
    """Find the page reports of a kernel log, whatever stands before and between them."""
    log = _Log(chunks)
    ord_ = 0
    while True:
        filler, head = log.skip()
        if filler:
            yield filler
        if not log.peek(1):
            return
        item = _read_report(log, head, ord_)
        yield item
        ord_ += isinstance(item, PageReport)


class _Log:
    """Lines with a view ahead."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._lines = read_lines(chunks)
        self._ahead: deque[Line] = deque()

    def skip(self) -> tuple[Filler | None, _Head]:
        """Pass over lines up to the next owner's line, which is left; note what leads up to it."""
        head = _NOTHING
        first: Line | None = None
        size = lines = 0
        while line := self._next():
            if b" allocated via order " in line.text and HEADER_START.search(line.text):
                self._ahead.appendleft(line)
                break
            if head is not _NOTHING or b"page" in line.text:
                head = head.after(line)
            first = first or line
            size += len(line.raw)
            lines += line.fresh
        at = Span(first.offset, size, first.number, lines) if first else None
        return Filler(at) if at else None, head

    def _next(self) -> Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def peek(self, count: int) -> list[Line]:
        """Give up to `count` of the next lines and keep them."""
        while len(self._ahead) < count:
            line = next(self._lines, None)
            if line is None:
                break
            self._ahead.append(line)
        return [self._ahead[index] for index in range(min(count, len(self._ahead)))]

    def take(self, count: int) -> list[Line]:
        """Give the next `count` lines, which were peeked at."""
        return [self._ahead.popleft() for _ in range(count)]


@dataclass(frozen=True, slots=True)
class _Head:
    """What dump_page() said of the page before it came to the owner, and how long ago."""

    pfn: int | None = None
    because: bytes | None = None
    allocated: bool | None = None
    age: int = 0

    def after(self, line: Line) -> _Head:
        """Take in a line that is none of the owner's."""
        text = read_message(line.text).text if line.whole else b""
        if match := PAGE.match(text) or BAD_PAGE.fullmatch(text):
            return _Head(pfn=int(match[1], 16))
        if match := BECAUSE.fullmatch(text):
            return replace(self, because=match[1])
        if match := TRACKS.fullmatch(text):
            return replace(self, allocated=match[1] == b"allocated")
        if self == _NOTHING or self.age > REPORT_HEAD:
            return _NOTHING
        return replace(self, age=self.age + 1)


_NOTHING = _Head()


def _read_report(log: _Log, head: _Head, ord_: int) -> PageReport | Reject:
    """Read from the owner's line to the end of what belongs to it."""
    messages = list(_messages(log.peek(1 + LONGEST_NAME)))
    owner = read_owner([message.text for message in messages])
    if not owner or not log.peek(owner.lines)[-1].ended:
        return log.take(1)[0].reject("an owner's line that is cut, or behind an unknown prefix")
    taken = log.take(owner.lines)
    stack = _take_frames(log, taken)
    free = _take(log, taken, FREE)
    free_stack = _take_frames(log, taken) if free else None
    _take(log, taken, NO_FREE_STACK)
    migrated = _take(log, taken, MIGRATED)
    return PageReport(
        at=span_of(taken),
        ord=ord_,
        logged_at=messages[0].since_boot,
        pfn=head.pfn,
        because=head.because,
        allocated=head.allocated,
        order=owner.order,
        migratetype=owner.migratetype,
        gfp_mask=owner.gfp_mask,
        pid=owner.pid,
        tgid=owner.tgid,
        comm=owner.comm,
        alloc_ts=owner.alloc_ts,
        free_ts=owner.free_ts,
        stack=stack,
        free_pid=_number(free, 1),
        free_tgid=_number(free, 2),
        free_stack_ts=_number(free, 3),
        free_stack=free_stack,
        migrate_reason=migrated[1].decode() if migrated else None,
        truncated=owner.truncated or _is_cut(log),
    )


def _is_cut(log: _Log) -> bool:
    """Whether the log ends here, or within the next frame."""
    ahead = log.peek(1)
    return not ahead or (not ahead[0].ended and read_message(ahead[0].text).text[:1] == b" ")


def _messages(lines: list[Line]) -> Iterator[Message]:
    """Read the messages of lines whose prefixes have the same shape."""
    shape: tuple[bytes | bool, ...] | None = None
    for line in lines:
        message = read_message(line.text)
        if not line.whole or shape not in {None, message.shape}:
            return
        shape = message.shape
        yield message


def _take_frames(log: _Log, taken: list[Line]) -> bytes:
    """Take the frames that stand next, or the line that says that the allocation has none."""
    frames: list[bytes] = []
    while len(frames) < MOST_FRAMES and (match := _take(log, taken, FRAME)):
        frames.append(match[0].rstrip(b"\r") + b"\n")
    if not frames:
        _take(log, taken, NO_ALLOCATION_STACK)
    return b"".join(frames)


def _take(log: _Log, taken: list[Line], pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
    """Take the next line if its message is of this pattern."""
    lines = log.peek(1)
    match = pattern.fullmatch(read_message(lines[0].text).text) if lines else None
    if match:
        taken += log.take(1)
    return match


def _number(match: re.Match[bytes] | None, group: int) -> int | None:
    return int(match[group]) if match and match[group] else None
