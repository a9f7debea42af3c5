"""What dump_page() says of a page's owner: the row, and the lines of it that carry values.

Formats: __dump_page_owner() of mm/page_owner.c, 4.6 (`page allocated via order`) to 7.x.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.dump.lines import Item
from pageowner_sql.dump.sniff import PAGE_REPORT

LONGEST_NAME = 15
# What a log may make of it: four characters for a byte that it cannot print.
LONGEST_LOGGED_NAME = 4 * LONGEST_NAME

# The names in brackets always follow the mask, so that one without their end may lack digits.
CUT = re.compile(
    rb"page (?:last )?allocated via order ([0-9]{1,2}), migratetype ([A-Za-z]{2,16}), "
    rb"gfp_mask(?: (?:0(?:x[0-9a-f]{0,8}(?:\([^()\n]{0,4096})?)?)?)?\r?"
)
# A line that holds this and is not a header becomes a reject.
HEADER_START = re.compile(rb"page (?:last )?allocated via order ")
PID_ONLY = re.compile(rb", pid (-?[0-9]{1,10}), ts ([0-9]{1,20})(?:, free_ts ([0-9]{1,20}))?\r?")
NAMED = re.compile(rb", pid (-?[0-9]{1,10}), tgid (-?[0-9]{1,10}) \(")
NAMED_END = re.compile(rb"\), ts ([0-9]{1,20})(?:, free_ts ([0-9]{1,20}))?\r?(?:\n|\Z)")
ESCAPED_BYTE = re.compile(rb"\\x[0-9a-f]{2}")

FREE = re.compile(
    rb"page last free (?:pid (-?[0-9]{1,10}) tgid (-?[0-9]{1,10}) )?"
    rb"(?:ts ([0-9]{1,20}) )?stack trace:\r?"
)
MIGRATED = re.compile(rb"page has been migrated, last migrate reason: ([\w-]{1,40})\r?")
NO_ALLOCATION_STACK = re.compile(rb"page_owner allocation stack trace missing\r?")
NO_FREE_STACK = re.compile(rb"page_owner free stack trace missing\r?")
FRAME = re.compile(
    rb" {1,4}(?:\[<[0-9a-f]+>\] )?(?:\? )?"
    rb"(?:[\w.$]+\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?(?: .*)?|[\w.$]+ \S+:[0-9]+(?: \[inline\])?"
    rb"(?: \[[\w-]+\])?|[A-Za-z_][\w.$]*(?: \[[\w-]+\])?|0x[0-9a-f]+)"
    rb"\r?"
)

PAGE = re.compile(rb"page: ?(?:[0-9a-f]{8,16} )?(?:ref)?count:.*? pfn:0x([0-9a-f]{1,16})\b")
# Before 5.9 the page's own line lacks its number, which this one above has.
BAD_PAGE = re.compile(
    rb"BUG: Bad page (?:state|cache) in process .{0,64}? +pfn:([0-9a-f]{1,16})\r?"
)
BECAUSE = re.compile(rb"page dumped because: (.{1,200}?)\r?")
TRACKS = re.compile(rb"page_owner tracks the page as (allocated|freed)\r?")


@dataclass(frozen=True, slots=True)
class PageReport(Item):
    """One page's last owner, as dump_page() printed it into the kernel log.

    `ord` counts reports from 0, `logged_at` is the log's time (microseconds since boot), `order`
    the block's order, `alloc_ts`, `free_ts` and `free_stack_ts` ns since boot. `allocated` tells
    whether the page was in use when dumped. `stack` and `free_stack` are frame lines without the
    log's prefix, each with its newline. `comm` is None where the log escaped it, so that a byte and
    its escape cannot be told apart. What a log lacks is None; `at` begins at the owner's line.
    `truncated`: the owner's line is cut, or the log ends with the stack, which may go on.
    """

    ord: int
    logged_at: int | None
    pfn: int | None
    because: bytes | None
    allocated: bool | None
    order: int
    migratetype: str | None
    gfp_mask: int | None
    pid: int | None
    tgid: int | None
    comm: bytes | None
    alloc_ts: int | None
    free_ts: int | None
    stack: bytes
    free_pid: int | None = None
    free_tgid: int | None = None
    free_stack_ts: int | None = None
    free_stack: bytes | None = None
    migrate_reason: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """The owner's line: what it says, and how many lines it took."""

    lines: int
    order: int
    migratetype: str | None
    gfp_mask: int | None
    pid: int | None = None
    tgid: int | None = None
    comm: bytes | None = None
    alloc_ts: int | None = None
    free_ts: int | None = None
    truncated: bool = False


def read_owner(texts: list[bytes]) -> OwnerLine | None:
    """Read the owner's line off the front of some messages; a name can hold newlines.

    None where the first message is another line, or the line is not whole.
    """
    text = b"\n".join(texts)
    if cut := CUT.fullmatch(texts[0]) if texts else None:
        return OwnerLine(1, int(cut[1]), cut[2].decode(), None, truncated=True)
    head = PAGE_REPORT.match(text)
    if not head:
        return None
    order, mask = int(head[1]), int(head[3], 16) if head[3] else None
    kind = head[2].decode() if head[2] else None
    rest = texts[0][head.end() :]
    if not rest.rstrip(b"\r"):
        return OwnerLine(1, order, kind, mask)
    if match := PID_ONLY.fullmatch(rest):
        pid, alloc_ts, free_ts = map(_number, match.groups())
        return OwnerLine(1, order, kind, mask, pid=pid, alloc_ts=alloc_ts, free_ts=free_ts)
    named = NAMED.match(text, head.end())
    end = _last_end(text, named.end()) if named else None
    if not named or not end:
        return None
    name = text[named.end() : end.start()]
    return OwnerLine(
        lines=1 + name.count(b"\n"),
        order=order,
        migratetype=kind,
        gfp_mask=mask,
        pid=int(named[1]),
        tgid=int(named[2]),
        comm=None if ESCAPED_BYTE.search(name) else name,
        alloc_ts=_number(end[1]),
        free_ts=_number(end[2]),
    )


def _last_end(text: bytes, name: int) -> re.Match[bytes] | None:
    """Find the last end of a header that a name from `name` on can reach."""
    found = None
    for end in NAMED_END.finditer(text, name, name + LONGEST_LOGGED_NAME + 64):
        if len(ESCAPED_BYTE.sub(b".", text[name : end.start()])) <= LONGEST_NAME:
            found = end
    return found


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)
