"""The text below a row of page_owner_sort: a record without its PFN line, or a stack."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.dump.sorted_rows import LONGEST_NAME, RECORD

_HEAD = re.compile(
    re.escape(RECORD) + rb"([0-9]{1,2})(?:, mask (0x[0-9a-f]{1,8})(?:\([^()\n]{0,4096}\))?)?"
)
_TS = rb", ts ([0-9]{0,20}) ns(?:, free_ts ([0-9]{0,20}) ns)?\n"
_PLAIN_END = re.compile(rb"(?:, pid (-?[0-9]{1,10})" + _TS + rb"|\n)")
_NAMED = re.compile(rb", pid (-?[0-9]{1,10}), tgid (-?[0-9]{1,10}) \(")
_NAMED_END = re.compile(rb"\)" + _TS)
_CUT_TS = re.compile(rb"ts\s*ns")
_FRAME = re.compile(rb" \S.*|\[<[0-9a-f]+>\].*|0x[0-9a-f]+|[\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+.*")

_KNOWN = re.compile(
    rb" (?:\[<[0-9a-f]+>\] )?(?:\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[^\]\n]+\])?|0x[0-9a-f]+)"
    rb"|Slab cache page|Charged .*to .*memcg .*|Page has been migrated, .*|handle: -?[0-9]+"
)


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """A record's header: order, gfp mask, who, when (ns since boot), as far as printed."""

    size: int
    order: int
    gfp_mask: int | None
    pid: int | None
    tgid: int | None
    comm: bytes | None
    alloc_ts: int | None
    free_ts: int | None


@dataclass(frozen=True, slots=True)
class RecordBody:
    """The lines below a header: `stack` and `trailers` as they stand, each with its newline.

    `size` is theirs in bytes with the empty line that ends them; `truncated` where it lacks.
    """

    size: int
    stack: bytes
    trailers: bytes
    truncated: bool


def read_header(text: bytes) -> RecordHeader | None:
    """Read the header that `text` begins with; None where it is not whole."""
    head = _HEAD.match(text)
    if not head:
        return None
    order, mask = int(head[1]), int(head[2], 16) if head[2] else None
    if end := _PLAIN_END.match(text, head.end()):
        pid, alloc_ts, free_ts = map(_number, end.groups())
        return RecordHeader(end.end(), order, mask, pid, None, None, alloc_ts, free_ts)
    named = _NAMED.match(text, head.end())
    end = last_end(text, named.end()) if named else None
    if not named or not end:
        return None
    comm: bytes | None = text[named.end() : end.start()]
    alloc_ts, free_ts = map(_number, end.groups())
    if alloc_ts is not None and _CUT_TS.search(comm or b""):
        comm = None  # newer tools cut the digits after the first `ts`, be it in the name
    return RecordHeader(
        end.end(), order, mask, int(named[1]), int(named[2]), comm, alloc_ts, free_ts
    )


def last_end(text: bytes, name: int) -> re.Match[bytes] | None:
    """Find where a header ends whose name starts at `name`: at the last end in a name's reach.

    An earlier one may be part of the name, a later one would need a longer name.
    """
    found = None
    # 80 bytes hold the longest end there is.
    for end in _NAMED_END.finditer(text, name, name + LONGEST_NAME + 80):
        if end.start() <= name + LONGEST_NAME:
            found = end
    return found


def skip_header_rest(text: bytes) -> int:
    """Size of what --cull=stacktrace leaves of a header when a newline in the name split it."""
    end = last_end(text, 0)
    return end.end() if end and end.start() < LONGEST_NAME else 0


def is_stack(text: bytes, name: bytes) -> bool:
    """Tell a stack below a row from the rest of a name that was printed before it.

    A name's last line would have at least the row's colon behind it and be no line of a stack.
    An empty name is what the C tool prints for one with a newline, whose rest then stands here.
    """
    if not text.endswith(b"\n\n"):
        return False
    lines = text[0 if name else skip_header_rest(text) : -2].split(b"\n")
    return all(_KNOWN.fullmatch(line) for line in lines)


def read_body(text: bytes) -> RecordBody:
    """Read frames and trailers up to the empty line."""
    stack: list[bytes] = []
    trailers: list[bytes] = []
    size = 0
    for line in text.removesuffix(b"\n").split(b"\n") if text else ():
        size += len(line) + 1
        if not line:
            return RecordBody(size, b"".join(stack), b"".join(trailers), truncated=False)
        (stack if _FRAME.fullmatch(line) else trailers).append(line + b"\n")
    return RecordBody(size, b"".join(stack), b"".join(trailers), truncated=True)


def _number(text: bytes | None) -> int | None:
    return int(text) if text else None
