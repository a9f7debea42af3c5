"""The kernel's own summaries of page_owner: the files of /sys/kernel/debug/page_owner_stacks.

show_stacks and its count of base pages came with 6.9 (first as `stack_count`, then counting
allocations), show_handles and show_stacks_handles later in 6.x. A block is ended by an empty line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pageowner_sql.dump.lines import (
    CUT_SHORT,
    TOO_LONG,
    Filler,
    Item,
    Line,
    Reject,
    read_lines,
    reject_lines,
    span_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A stack is at most 16 frames and the kernel writes a record into one page of 4096 bytes.
LONGEST_BLOCK = 256
_COUNT = re.compile(rb"(handle|nr_base_pages|stack_count): (-?[0-9]{1,10})")
_FRAME = re.compile(rb" \S.*|\[<[0-9a-f]+>\].*|0x[0-9a-f]+|[\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+.*")


@dataclass(frozen=True, slots=True)
class StackCount(Item):
    """One block of show_stacks, show_handles or show_stacks_handles.

    `ord` counts blocks from 0. `stack` is the frame lines as they stand, each with its newline;
    `handle` the stack depot's number as 32 unsigned bits, good within one boot; `base_pages` base
    pages now held; `allocations` (only kernel 6.9) allocations. What a file lacks is None.
    `truncated`: the file ends with the last digit of a number, which may have had more.
    """

    ord: int
    stack: bytes | None
    handle: int | None
    base_pages: int | None
    allocations: int | None
    truncated: bool = False


def parse_stack_counts(chunks: Iterable[bytes]) -> Iterator[StackCount | Filler | Reject]:
    """Read any of the three files; a block that is not understood whole is a reject."""
    ord_ = 0
    for block in _blocks(read_lines(chunks)):
        if not any(line.text for line in block):
            yield Filler(span_of(block))
            continue
        item = _read_block(block, ord_)
        if isinstance(item, str):
            yield from reject_lines(block, item)
        else:
            yield item
            ord_ += 1


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group lines up to and with the empty line that ends a block."""
    block: list[Line] = []
    for line in lines:
        block.append(line)
        if not line.text or not line.whole or len(block) == LONGEST_BLOCK:
            yield block
            block = []
    if block:
        yield block


def _read_block(block: list[Line], ord_: int) -> StackCount | str:
    """Make a row of a block's lines, or say why not."""
    frames: list[bytes] = []
    counts: dict[bytes, int] = {}
    for line in block:
        problem = _read_line(line, frames, counts)
        if problem:
            return problem
    if not counts or len(counts) + bool(frames) < 2:
        return "neither a stack with its count or handle, nor a handle with its count"
    handle = counts.get(b"handle")
    return StackCount(
        at=span_of(block),
        ord=ord_,
        stack=b"".join(frames) if frames else None,
        handle=None if handle is None else handle & 0xFFFFFFFF,
        base_pages=counts.get(b"nr_base_pages"),
        allocations=counts.get(b"stack_count"),
        truncated=not block[-1].ended,
    )


def _read_line(line: Line, frames: list[bytes], counts: dict[bytes, int]) -> str | None:
    """Take one line of a block in, or say what is wrong with it."""
    if not line.whole:
        return TOO_LONG
    match = _COUNT.fullmatch(line.text)
    if not line.ended and not match:
        return CUT_SHORT
    if match:
        name, value = match[1], int(match[2])
        if name in counts:
            return f"{name.decode()} is twice in one block"
        counts[name] = value
    elif line.text and counts:
        return "a line that is not a count follows a count"
    elif _FRAME.fullmatch(line.text):
        frames.append(line.text + b"\n")
    elif line.text:
        return "a line that is neither a frame nor a count"
    return None
