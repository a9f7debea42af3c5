"""A dump as the C tool sees it: fgets into one buffer, POSIX regexes over what is in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from tests.oracle.options import Version

BUFFER = 128 * 1024
NO_TIME = 2**64 - 1
CMA, SLAB, VMALLOC, OTHERS = 2, 4, 8, 16

_ORDER = re.compile(rb"order\s*([0-9]*),")
_PID = re.compile(rb"pid\s*([0-9]*),")
_TGID = re.compile(rb"tgid\s*([0-9]*) ")
_NAME = re.compile(rb"tgid\s*[0-9]*\s*\((.*)\),\s*ts")
_TIME_OLD = re.compile(rb"ts\s*([0-9]*)\s*ns,")
_TIME = re.compile(rb"ts\s*([0-9]*)\s*ns")
_FREE_TIME = re.compile(rb"free_ts\s*([0-9]*)\s*ns")


@dataclass(frozen=True, slots=True)
class Record:
    """A record's text without its PFN lines, and what the tool reads out of it."""

    text: bytes
    pages: int
    pid: int
    tgid: int
    name: bytes
    alloc_ts: int
    free_ts: int
    allocator: int


@lru_cache(maxsize=1)
def read(dump: bytes, version: Version) -> list[Record]:
    """All records up to the end, the last complete one, or the first that fills the buffer."""
    time = _TIME if version == "7.3" else _TIME_OLD
    return [_record(text, pfn_line, time) for text, pfn_line in blocks(dump)]


def cut_time(text: bytes) -> bytes:
    """The text without the digits of its first time."""
    found = _TIME.search(text)
    return text[: found.start(1)] + text[found.end(1) :] if found else text


def blocks(dump: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each text with the last PFN line seen so far, be it of an earlier record."""
    stream, text, pfn_line = BytesIO(dump), b"", b""
    while (room := BUFFER - len(text)) > 1 and (line := stream.readline(room - 1)):
        string = line.partition(b"\0")[0]
        if line.startswith(b"\n"):
            yield text, pfn_line
            text = b""
        elif line.startswith(b"PFN"):
            pfn_line = string
        else:
            text += string


def _record(text: bytes, pfn_line: bytes, time: re.Pattern[bytes]) -> Record:
    buffer = text + b"\n"
    name = _NAME.search(buffer)
    return Record(
        text=text,
        pages=_pages(_digits(_ORDER, buffer)),
        pid=_int(_digits(_PID, buffer)),
        tgid=_int(_digits(_TGID, buffer)),
        name=name[1] if name else b"",
        alloc_ts=_time(_digits(time, buffer)),
        free_ts=_time(_digits(_FREE_TIME, buffer)),
        allocator=_allocator(buffer, pfn_line),
    )


def _digits(pattern: re.Pattern[bytes], buffer: bytes) -> int | None:
    found = pattern.search(buffer)
    return int(found[1]) if found and found[1] else None


def wrap(number: int) -> int:
    """What a C int keeps of a number."""
    return (number + 2**31) % 2**32 - 2**31


def _int(number: int | None) -> int:
    return -1 if number is None or number >= 2**63 else wrap(number)


def _time(number: int | None) -> int:
    return NO_TIME if number is None or number > NO_TIME else number


def _pages(order: int | None) -> int:
    """1 << order as x86 shifts: by the five lowest bits, into an int."""
    if order is None or order >= 2**63 or wrap(order) > 64:
        return 0
    return wrap(1 << (order % 32))


def _allocator(buffer: bytes, pfn_line: bytes) -> int:
    bits = CMA * (b"CMA" in pfn_line) | SLAB * (b"slab" in pfn_line)
    return bits | VMALLOC * _is_vmalloc(buffer) or OTHERS


def _is_vmalloc(buffer: bytes) -> bool:
    """Whether alloc_pages stands between the line above the first vmalloc frame and that frame.

    Where there is no line above, the tool reads memory that is not the record's: undefined.
    """
    frame = buffer.find(b"__vmalloc_node_range")
    line = buffer.rfind(b"\n", 0, max(frame, 0))
    above = buffer.rfind(b"\n", 0, max(line, 0))
    return above >= 0 and 0 <= buffer.find(b"alloc_pages", above) < frame
