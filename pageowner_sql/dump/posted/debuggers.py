"""What debuggers and crash tools print of page_owner -> the kernel's own forms of the same.

gdb's lx-dump-page-owner (scripts/gdb/linux/page_owner.py), crash's `owner` (its extension
page_owner), Qualcomm's minidump region PAGEOWNER (`PFN HANDLE N`, then N addresses), and what
linux-ramdump-parser-v2 makes of it and of a whole ramdump (page_tracking.txt, page_frequency.txt,
pageowner_dump.txt).
"""

from __future__ import annotations

import re

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.posted.frames import read_frame
from pageowner_sql.dump.posted.lines import PostedLine
from pageowner_sql.dump.posted.records import Canonical
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.posted.wrapping import MOST_PARTS, join

_GDB_PFN = re.compile(rb"PFN: (?P<pfn>[0-9]{1,16}), Flags: .*")
_CRASH_PFN = re.compile(rb"PFN [0-9]{1,16}\((?P<hex>0x[0-9a-f]{1,16})\) .*")
_HEADER = re.compile(
    rb"Page (?:last )?allocated via order (?P<order>[0-9]{1,2}), (?:gfp_mask:?|mask) "
    rb"(?P<mask>0x[0-9a-f]{1,8})(?:\([^()\n]*\))?(?:, pid:? (?P<pid>-?[0-9]{1,10}))?"
    rb"(?:, tgid:? (?P<tgid>-?[0-9]{1,10})(?: \((?P<comm>.*)\))?)?"
    rb"(?:, ts (?P<ts>[0-9]{1,20})(?: ns)?)?(?:, free_ts (?P<free_ts>[0-9]{1,20})(?: ns)?)?"
)
_HEADER_START = re.compile(rb"Page (?:last )?allocated via order ")
_TRACKS = re.compile(rb"page_owner tracks the page as (allocated|freed)")
_FREE = re.compile(rb"page last free stack trace:|\[free\]")
_TRACKED = re.compile(
    rb"PFN : (?P<hex>0x[0-9a-f]{1,16})-0x[0-9a-f]+ Page : \S+ Order : (?P<order>[0-9]{1,2}) "
    rb"PID : (?P<pid>-?[0-9]{1,10}) (?:Comm: (?P<comm>.*?) )?ts_nsec (?P<ts>-?[0-9]{1,20})"
    rb"(?: gfp (?P<mask>0x[0-9a-f]{1,8}))?(?: pgext .*)?"
)
_FREQUENT = re.compile(rb"Allocated ([0-9]{1,12}) times, total memory: ([0-9]{1,15}) KB")
_COUNTED = re.compile(rb"No of pfns :([0-9]{1,10})")
_MINIDUMP = re.compile(rb"([0-9]{1,13}) ([0-9]{1,10}) ([0-9]{1,2})")
_ADDRESS = re.compile(rb"(?:0x)?([0-9a-f]{8,16})")
_STOPS = re.compile(rb"PFN|Page (?:last )?allocated |\[alloc\]|\S+\+0x|0x")

# One sure line of each kind.
_SIGNS = (
    (Kind.GDB, _GDB_PFN),
    (Kind.CRASH, _CRASH_PFN),
    (Kind.PAGE_TRACKING, _TRACKED),
    (Kind.PAGE_FREQUENCY, _FREQUENT),
    (Kind.PAGEOWNER_DUMP, _COUNTED),
)


def debugger_kind(lines: list[PostedLine]) -> Kind | None:
    """The debugger that printed the lines; None where it is another program."""
    texts = [line.text.strip() for line in lines]
    for kind, sign in _SIGNS:
        if any(sign.fullmatch(text) for text in texts):
            return kind
    said = [text for text in texts if text][:64]
    whole = bool(said) and all(
        _MINIDUMP.fullmatch(text) or _ADDRESS.fullmatch(text) for text in said
    )
    return Kind.MINIDUMP if whole and _MINIDUMP.fullmatch(said[0]) else None


def read_pages(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Pages of gdb, crash or page_tracking.txt, as dump_page() reports them."""
    del repairs
    out = Canonical()
    page = _Page()
    for at, line in enumerate(lines):
        text = line.text.strip()
        if number := _page_number(text):
            page = page.begin(out, whole=page.pfn is not None)
            page.pfn = number
            if found := _TRACKED.fullmatch(text):
                page.fields = found.groupdict()
        elif fields := _header(lines, at):
            page = page.begin(out, whole=page.fields is not None)
            page.fields = fields
        elif _TRACKS.fullmatch(text):
            page = page.begin(out, whole=page.written)
            page.tracks = text
        elif page.written and _FREE.fullmatch(text):
            out.add(line.number, b"page last free stack trace:")
        elif page.written:
            out.add(line.number, *(b" " + frame for frame in read_frame(line.text)))
        page.write_header(out, line.number)
    page.begin(out, whole=True)
    return out


def _page_number(text: bytes) -> bytes | None:
    """The page's number in hex, where the line tells it."""
    if found := _GDB_PFN.fullmatch(text):
        return b"0x%x" % int(found["pfn"])
    found = _CRASH_PFN.fullmatch(text) or _TRACKED.fullmatch(text)
    return found["hex"] if found else None


def _header(lines: list[PostedLine], at: int) -> dict[str, bytes | None] | None:
    """What a header tells, joined where it was broken."""
    if not _HEADER_START.match(lines[at].text.strip()):
        return None
    ahead = [line.text for line in lines[at : at + MOST_PARTS]]
    joined = join(ahead, _HEADER, _STOPS, longest=True)
    found = _HEADER.fullmatch(joined[0]) if joined else None
    return found.groupdict() if found else None


class _Page:
    """A page whose lines come in: number and header in either order, then stacks."""

    def __init__(self) -> None:
        self.pfn: bytes | None = None
        self.fields: dict[str, bytes | None] | None = None
        self.tracks = b""
        self.written = False

    def begin(self, out: Canonical, *, whole: bool) -> _Page:
        """This page, or where it is `whole` another, with an empty line behind it."""
        if not whole:
            return self
        if self.written:
            out.add(out.numbers[-1], b"")
        return _Page()

    def write_header(self, out: Canonical, number: int) -> None:
        """Write the lines above the stack, once number and header are there."""
        if self.pfn is None or self.fields is None or self.written:
            return
        self.written = True
        out.add(number, b"page: refcount:0 pfn:" + self.pfn)
        if self.tracks:
            out.add(number, self.tracks)
        fields = self.fields
        header = b"page last allocated via order " + (fields["order"] or b"0")
        if mask := fields.get("mask"):
            header += b", gfp_mask " + mask + b"()"
        out.add(number, header + _task(fields))


def _task(fields: dict[str, bytes | None]) -> bytes:
    ts = fields.get("ts")
    if not fields.get("pid") or ts is None or ts.startswith(b"-"):
        return b""
    text = b", pid " + (fields["pid"] or b"")
    if fields.get("comm") is not None:
        tgid = fields.get("tgid") or fields["pid"] or b""
        text += b", tgid " + tgid + b" (" + (fields["comm"] or b"") + b")"
    free = fields.get("free_ts")
    return text + b", ts " + ts + (b", free_ts " + free if free else b"")


def read_frequency(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Rows of page_frequency.txt as page_owner_sort writes them; its pages have 4 KiB."""
    del repairs
    out = Canonical()
    for line in lines:
        text = line.text.strip()
        if found := _FREQUENT.fullmatch(text):
            out.add(line.number, b"%d times, %d pages:" % (int(found[1]), int(found[2]) // 4))
        elif not text and out.lines and out.lines[-1]:
            out.add(line.number, b"")
        elif out.lines:
            out.add(line.number, *(b" " + frame for frame in read_frame(line.text)))
    return out


def read_counted(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Stacks of pageowner_dump.txt as show_stacks counts allocations."""
    del repairs
    out = Canonical()
    count = b""
    for line in lines:
        text = line.text.strip()
        if found := _COUNTED.fullmatch(text):
            _end_count(out, count)
            count = found[1]
        elif count:
            out.add(line.number, *(b" " + frame for frame in read_frame(line.text)))
    _end_count(out, count)
    return out


def _end_count(out: Canonical, count: bytes) -> None:
    if count and out.lines and out.lines[-1].startswith(b" "):
        out.add(out.numbers[-1], b"stack_count: " + count, b"")


def read_minidump(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """The region PAGEOWNER: how many allocations each handle has, and its stack of addresses."""
    counts: dict[bytes, int] = {}
    stacks: dict[bytes, Canonical] = {}
    handle = b""
    for line in lines:
        text = line.text.strip(b" \t\r\0")
        if found := _MINIDUMP.fullmatch(text):
            handle = found[2]
            counts[handle] = counts.get(handle, 0) + 1
            stacks.setdefault(handle, Canonical())
        elif (found := _ADDRESS.fullmatch(text)) and handle:
            stacks[handle].add(line.number, b" 0x" + found[1])
        elif text:
            repairs.count("{} line(s) that are not a page skipped")
    out = Canonical()
    for each, stack in stacks.items():
        out.add_all(stack)
        number = stack.numbers[-1] if stack.numbers else 1
        out.add(number, b"handle: " + each, b"stack_count: %d" % counts[each], b"")
    return out
