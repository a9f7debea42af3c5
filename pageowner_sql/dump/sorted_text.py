"""Output of page_owner_sort -> rows.

A row runs from a line that only the tool can print to the next such line. Where a name leaves
more than one reading, the row is a reject.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pageowner_sql.dump.lines import (
    CUT_SHORT,
    TOO_LONG,
    Filler,
    Line,
    Reject,
    read_lines,
    reject_lines,
    span_of,
)
from pageowner_sql.dump.sorted_names import NAME_UNKNOWN, OpenNames, OpenRow
from pageowner_sql.dump.sorted_record import is_stack, read_body, read_header, skip_header_rest
from pageowner_sql.dump.sorted_rows import (
    RECORD,
    Heading,
    SortedRow,
    read_heading,
    starts_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The tool itself reads records of at most 128 KiB.
LONGEST_ROW = 1 << 17

_T = TypeVar("_T")
_Draft = SortedRow | OpenRow | Filler | Reject


def parse_sorted(chunks: Iterable[bytes]) -> Iterator[SortedRow | Filler | Reject]:
    """Read page_owner_sort's output, in full or culled, of any of its versions."""
    names = OpenNames()
    for group, after in _with_next(_groups(read_lines(chunks))):
        for draft in _read_group(group, last=after is None):
            yield from names.settle(draft)
    yield from names.give_up()


def _groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group lines so that each group but the first starts with a row's first line."""
    group: list[Line] = []
    size = 0
    for line, after in _with_next(lines):
        begins = line.whole and starts_row(line.text, after.text if after else b"")
        if group and (begins or size + len(line.raw) > LONGEST_ROW):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line.raw)
    if group:
        yield group


def _with_next(things: Iterable[_T]) -> Iterator[tuple[_T, _T | None]]:
    before: _T | None = None
    for thing in things:
        if before is not None:
            yield before, thing
        before = thing
    if before is not None:
        yield before, None


def _read_group(group: list[Line], *, last: bool) -> Iterator[_Draft]:
    """Read a row with the lines below it; the caller numbers it."""
    first, below = group[0], group[1:]
    if not all(line.whole for line in group):
        yield from reject_lines(group, TOO_LONG)
    elif not any(line.text for line in group):
        yield Filler(span_of(group))
    elif not starts_row(first.text, below[0].text if below else b""):
        yield from reject_lines(group, "no row of page_owner_sort starts here")
    elif not first.ended or (last and not below and first.text.endswith(b":")):
        yield from reject_lines(group, CUT_SHORT)
    else:
        heading = read_heading(first.text)
        if heading:
            yield from _read_row(heading, group)
        else:
            yield from reject_lines(group, "a first line that page_owner_sort does not print")


def _read_row(heading: Heading, group: list[Line]) -> Iterator[_Draft]:
    text = b"".join(line.text + b"\n" for line in group[1:])
    if heading.open_name:
        yield from _read_open_name(heading, group, text)
    elif not heading.colon:
        yield _row(heading, group[:1])
        yield from _leftover(group[1:])
    elif text.startswith(RECORD):
        yield from _read_full(heading, group, text)
    else:
        yield from _read_stack(heading, group, text)


def _row(heading: Heading, lines: list[Line]) -> SortedRow:
    return SortedRow(
        at=span_of(lines),
        ord=0,
        times=heading.times,
        pages=heading.pages or 0,
        pid=heading.pid,
        tgid=heading.tgid,
        comm=heading.comm or None,
        allocators=heading.allocators,
        state=heading.state,
    )


def _read_full(heading: Heading, group: list[Line], text: bytes) -> Iterator[_Draft]:
    """Read a row in full: the text of a record follows."""
    header = read_header(text)
    if not header:
        yield from reject_lines(group, "the record's header is not whole")
        return
    body = read_body(text[header.size :])
    used = 1 + text[: header.size + body.size].count(b"\n")
    row = replace(
        _row(heading, group[:used]),
        pages=heading.times << header.order if heading.pages is None else heading.pages,
        pid=header.pid,
        tgid=header.tgid,
        # Without a stack the header may be the first half of one that an empty line in a name cut.
        comm=header.comm if body.stack or body.trailers else None,
        header=text[: header.size],
        order=header.order,
        gfp_mask=header.gfp_mask,
        alloc_ts=header.alloc_ts,
        free_ts=header.free_ts,
        stack=body.stack,
        trailers=body.trailers,
        truncated=body.truncated,
    )
    yield row
    yield from _leftover(group[used:])


def _read_stack(heading: Heading, group: list[Line], text: bytes) -> Iterator[_Draft]:
    """Read a row of --cull=stacktrace: the stack and the trailers follow."""
    if heading.pages is None:
        yield from reject_lines(group, "the record's header is not whole")
        return
    skipped = skip_header_rest(text)
    body = read_body(text[skipped:])
    used = 1 + text[: skipped + body.size].count(b"\n")
    row = _row(heading, group[:used])
    yield replace(row, stack=body.stack, trailers=body.trailers, truncated=body.truncated)
    yield from _leftover(group[used:])


def _read_open_name(heading: Heading, group: list[Line], text: bytes) -> Iterator[_Draft]:
    """Read a row whose name runs to the end of its line: what follows must bear that out."""
    name = heading.comm or b""
    if group[0].text + b"\n" != group[0].raw:
        # Names can end in CR as lines of a DOS-mangled file do.
        yield from reject_lines(group, NAME_UNKNOWN)
    elif not text:
        yield OpenRow(_row(heading, group), group)
    elif name.endswith(b":") and is_stack(text, name[:-1]):
        for item in _read_stack(replace(heading, comm=name[:-1]), group, text):
            yield OpenRow(item, group) if isinstance(item, SortedRow) else item
    else:
        yield from reject_lines(group, NAME_UNKNOWN)


def _leftover(lines: list[Line]) -> Iterator[_Draft]:
    """Account for lines between the end of a row and the next."""
    if not lines:
        return
    if any(line.text for line in lines):
        yield from reject_lines(lines, "lines that belong to no row")
    else:
        yield Filler(span_of(lines))
