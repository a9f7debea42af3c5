"""What page_owner_sort prints: one row of it, and the readings its first line allows.

Formats: tools/vm/page_owner_sort.c (5.10 `N times:`, 5.11 to 5.17 with pages, 5.18 with
--cull and allocators), tools/mm/ since 6.3. Names are at most 15 bytes, chosen by anyone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pageowner_sql.dump.lines import Item

LONGEST_NAME = 15

# No name can hold this: `1 times, 1 pages` alone has 16 bytes.
_COUNTS = re.compile(rb"(-?[0-9]{1,19}) times, (-?[0-9]{1,19}) pages(?=[, :]|$)")
# 5.10; it fits into a name, so what follows must begin a record.
_COUNTS_5_10 = re.compile(rb"([0-9]{1,19}) times:")
_PIDS = re.compile(rb"(?:, PID (-?[0-9]{1,10}))?(?:, TGID (-?[0-9]{1,10}))?")
_NAME = b", task_comm_name: "
_ALLOCATORS = re.compile(rb", allocated by ((?:(?:CMA|SLAB|VMALLOC|OTHERS) )+)")
_END = re.compile(rb"(?: \(((?:UN)?RELEASED)\))?(:?)")
_STATED = re.compile(rb"(.*) \(((?:UN)?RELEASED)\)", re.DOTALL)

RECORD = b"Page allocated via order "


@dataclass(frozen=True, slots=True)
class SortedRow(Item):
    """One row of page_owner_sort's output.

    `ord` counts rows from 0, `times` records, `pages` base pages. `pid`, `tgid`, `comm`,
    `allocators`, `state` (the word as printed; the C tool swaps RELEASED and UNRELEASED) are
    None where the row does not tell. An empty name is None too: the C tool prints it also for
    a name that it cannot read. Rows in full carry a record's `header` (all up to its first
    newline that no name holds), `order`, `gfp_mask`, and of the group's first record `alloc_ts`
    and `free_ts` (ns since boot; newer tools cut alloc_ts out). `stack` is the frame lines,
    `trailers` the other lines, as they stand. `truncated`: the file ended before the empty line.
    """

    ord: int
    times: int
    pages: int
    pid: int | None = None
    tgid: int | None = None
    comm: bytes | None = None
    allocators: tuple[str, ...] | None = None
    state: str | None = None
    header: bytes | None = None
    order: int | None = None
    gfp_mask: int | None = None
    alloc_ts: int | None = None
    free_ts: int | None = None
    stack: bytes | None = None
    trailers: bytes | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A row's first line, as far as it can be read on its own.

    `pages` None: not printed (5.10). `comm` runs to the end of the line where `open_name`,
    so that its end cannot be told from the line alone.
    """

    times: int
    pages: int | None = None
    pid: int | None = None
    tgid: int | None = None
    comm: bytes | None = None
    allocators: tuple[str, ...] | None = None
    state: str | None = None
    colon: bool = False
    open_name: bool = False


def starts_row(line: bytes, after: bytes) -> bool:
    """Tell whether a row starts here; `after` is the next line."""
    if _COUNTS_5_10.fullmatch(line):
        return after.startswith(RECORD)
    return _COUNTS.match(line) is not None


def read_heading(line: bytes) -> Heading | None:
    """Read a row's first line; None where it is not one that the tool prints."""
    if match := _COUNTS_5_10.fullmatch(line):
        return Heading(int(match[1]), colon=True)
    counts = _COUNTS.match(line)
    if not counts or counts[1].startswith(b"-") or counts[2].startswith(b"-"):
        return None  # a counter that overflowed says nothing
    pids = _PIDS.match(line, counts.end())
    if not pids:
        return None
    start = Heading(int(counts[1]), int(counts[2]), _number(pids[1]), _number(pids[2]))
    rest = line[pids.end() :]
    if rest.startswith(_NAME):
        return _read_named(start, rest.removeprefix(_NAME))
    words = _ALLOCATORS.match(rest)
    return _read_end(start, words, rest[words.end() :] if words else rest)


def _read_named(start: Heading, rest: bytes) -> Heading | None:
    """Read the name and what follows; no name can hold the words of the allocators."""
    words = _ALLOCATORS.search(rest)
    if not words:
        return replace(start, comm=rest, open_name=True)
    if words.start() > LONGEST_NAME:
        return None
    return _read_end(replace(start, comm=rest[: words.start()]), words, rest[words.end() :])


def _read_end(start: Heading, words: re.Match[bytes] | None, rest: bytes) -> Heading | None:
    end = _END.fullmatch(rest)
    if not end:
        return None
    return replace(
        start,
        allocators=tuple(words[1].decode().split()) if words else None,
        state=end[1].decode() if end[1] else None,
        colon=bool(end[2]),
    )


def split_state(name: bytes) -> tuple[bytes, str] | None:
    """Take the word of --cull=free off the end of a name, if it stands there."""
    match = _STATED.fullmatch(name)
    return (match[1], match[2].decode()) if match else None


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)
