"""Posted show_stacks and its like, and page_owner_sort's reports -> the same as written."""

from __future__ import annotations

import re

from pageowner_sql.dump.kernel_form import TRAILER
from pageowner_sql.dump.posted.frames import ELIDED, read_frame
from pageowner_sql.dump.posted.lines import BLANKS, PostedLine
from pageowner_sql.dump.posted.records import HEADER_START, Canonical, PostedReader
from pageowner_sql.dump.posted.repairs import Repairs

_COUNT = re.compile(rb"(?:handle|nr_base_pages|stack_count): -?[0-9]{1,10}")
_HEADING_START = re.compile(rb"[0-9]{1,19} times(?:, |:)")
_HEADING = re.compile(
    rb"[0-9]{1,19} times(?:, [0-9]{1,19} pages(?:, PID -?[0-9]+)?(?:, TGID -?[0-9]+)?"
    rb"(?:, task_comm_name: .*?)?(?:, allocated by (?:(?:CMA|SLAB|VMALLOC|OTHERS) ?)+)?"
    rb"(?: \((?:UN)?RELEASED\))?)?:?"
)
_HEADER = re.compile(
    rb"Page allocated via order [0-9]+(?:, mask 0x[0-9a-f]{1,16}(?:\([^()\n]*\))?)?"
    rb"(?:, pid -?[0-9]+(?:, tgid -?[0-9]+ \(.*\))?, ts *[0-9]* ns(?:, free_ts [0-9]* ns)?)?"
)
_STOPS = re.compile(rb"Page allocated via |[0-9]+ times[:,]|\S+\+(?:0x|[0-9])|\[<|\[0x")
# What ends a row's first line, and is lost with the blanks at its end.
_LAST_ALLOCATOR = re.compile(rb"(.*, allocated by (?:CMA|SLAB|VMALLOC|OTHERS)(?: \w+)*)(:?)")


def read_stack_counts(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Return the blocks of show_stacks and its like; what is between them is skipped."""
    out = Canonical()
    block = Canonical()
    counted = False
    for line in lines:
        text = line.text.strip(BLANKS)
        is_count = bool(_COUNT.fullmatch(text))
        if not text or (counted and not is_count):
            _end_block(out, block)
            block, counted = Canonical(), False
        if is_count:
            block.add(line.number, text)
            counted = True
        elif text:
            _take_line(block, line, repairs)
    _end_block(out, block)
    return out


def _end_block(out: Canonical, block: Canonical) -> None:
    if block.lines:
        out.add_all(block)
        out.add(block.numbers[-1], b"")


def _take_line(block: Canonical, line: PostedLine, repairs: Repairs) -> None:
    text = line.text.strip(BLANKS)
    if found := read_frame(line.text, bare=True):
        block.add_frames(line, found, repairs)
    elif ELIDED.fullmatch(text):
        repairs.count("{} line(s) of elided frames")
    elif block.lines:
        # It may be a count that cannot be read, so the block is for the strict reading.
        block.add(line.number, text)
    else:
        repairs.count("{} line(s) around it skipped")


def read_sorted(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Return the rows of a report of page_owner_sort; what is between them is skipped."""
    reader = PostedReader(lines, repairs)
    while reader.skip_to(_HEADING_START):
        reader.take_joined(_HEADING, _STOPS, "row(s)")
        heading = reader.out.lines[-1]
        if found := _LAST_ALLOCATOR.fullmatch(heading):
            reader.out.lines[-1] = found[1] + b" " + found[2]
        if not reader.done and reader.text.startswith(HEADER_START):
            reader.take_joined(_HEADER, _STOPS, "header", longest=True)
            reader.out.lines[-1] = re.sub(rb", ts *ns", b", ts  ns", reader.out.lines[-1])
        reader.take_frames(TRAILER, _STOPS_ROW)
        if not reader.done or heading.endswith(b":") is False:
            reader.out.add(lines[min(reader.at, len(lines) - 1)].number, b"")
    return reader.out


_STOPS_ROW = re.compile(rb"Page allocated via order |[0-9]{1,19} times(?:, |:)")
