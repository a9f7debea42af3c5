"""Dumps made to measure: what the kernel's format strings give, era by era, around any name."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
from hypothesis import strategies as st

from pageowner_sql.dump.alike import PIECES
from pageowner_sql.dump.digits import Mask, Numbers
from pageowner_sql.dump.pipe import ROOM
from pageowner_sql.dump.reading import Leftover
from pageowner_sql.dump.records import Batch
from pageowner_sql.dump.source import Source
from pageowner_sql.dump.stream import CHUNK, ChunkStream
from pageowner_sql.dump.texts import Header, read_header, read_page_state, read_rest, unescape

STACK = b" __alloc_pages+0x1c6/0x2e0\n unix_dgram_sendmsg+0x11d/0x50e [unix]\n"


@dataclass(frozen=True)
class Era:
    """How the records of some kernels print a task: what follows ts, the PFN, lines between."""

    name: str
    free_ts: bool
    hex_pfn: bool
    between: bytes = b""

    def record(self, comm: bytes, number: int = 1, rest: bytes = STACK + b"\n") -> bytes:
        """One record; `number` makes its pid, times and PFN."""
        return b"".join(
            (
                b"Page allocated via order 2, mask 0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), ",
                b"pid %d, tgid 7 (%s), ts %d ns" % (number, comm, 1000 + number),
                b", free_ts %d ns" % number if self.free_ts else b"",
                b"\n",
                self.between,
                (b"PFN 0x%x" if self.hex_pfn else b"PFN %d") % (256 + number),
                b" type Movable Block 12 type Unmovable ",
                b"Flags 0x2fffff80000004(referenced|node=1|zone=2|lastcpupid=0x3fff)\n",
                rest,
            )
        )


ERAS = (
    Era("5.18", free_ts=True, hex_pfn=False),
    Era("6.5", free_ts=True, hex_pfn=True),
    Era("7.3", free_ts=False, hex_pfn=True),
    Era("backport", free_ts=False, hex_pfn=False),
    Era("vendor", free_ts=False, hex_pfn=True, between=b"SLAB_PAGE slab_name:kmalloc-32\n"),
)

# What a name must not do: end the header, begin a record, end one, look like a part of one.
FORGERIES = (
    *(b"", b"a), ts 1 ns", b"), ts 1 ns\nPFN ", b"), ts 1 ns\n\nab", b"), ts 1 ns\nPF", b"), ts 1"),
    *(b"x), ts 1 ns\nPFN", b"x) ts (", b"two\nlines", b"\nPage allo", b"\n\nPage allocate"),
    *(b"\n\n", b"\n", b"\n\n\n", b"(((", b")))", b")", b"'; DROP TAB--", b"<script>al", b"\\xff"),
    *(b"\xff", b"\\\\xff", b"\\", b"\x1b[31mred\x1b[0m", b"sp ace ", b"tab\there", b"\xff\xfe bad"),
    *(b"ns,ts 5 ns", b"na,me", "漢字".encode(), b"\x01", b"\r\nPFN ", b"\r", b"a\r\n\r\n"),
    *(b", free_ts 3 ns", b"), ts 2 ns, fre", b"\nPFN 0x1 type ", b"\nhandle: 7\n", b"), tgid 1 ("),
    *(b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", b"%s%n", b"\x7f\x80", b"0", b"''", b'"'),
)
_PARTS = (
    b"\n",
    b")",
    b"), ts ",
    b" ns",
    b"1",
    b"PFN ",
    b"Page",
    b", ",
    b"\\",
    b"(",
    b"\r\n",
    b"\xff",
)

NAMES = st.one_of(
    st.sampled_from(FORGERIES),
    st.binary(max_size=15).map(lambda name: name.replace(b"\0", b"")),
    st.lists(st.sampled_from(_PARTS), max_size=9).map(lambda parts: b"".join(parts)[:15]),
)


@dataclass(frozen=True)
class Seen:
    """One part of a dump as it was read: a record (then `comm`, `pid`), a reject, or a gap."""

    ord: int
    raw: bytes
    kind: str
    comm: bytes | None = None
    pid: int | None = None


def source_of(data: bytes) -> Source:
    """`data` as if it came from a file."""
    return Source(cast(BinaryIO, io.BytesIO(data)), "test", len(data))


def read(data: bytes, chunk: int = CHUNK, room: int = ROOM) -> list[Seen]:
    """Everything in `data`, in order, read in chunks of that size."""
    seen: list[Seen] = []
    stream = ChunkStream(source_of(data), chunk, room)
    for part in stream:
        for batch in part.batches:
            seen += _records(stream, batch)
        seen += [_leftover(left) for left in part.leftovers]
    # Sorting is stable: the pieces of a reject stay in their order.
    return sorted(seen, key=lambda each: each.ord)


def _leftover(left: Leftover) -> Seen:
    kind = "gap" if not left.reason else "more" if left.continues else "reject"
    return Seen(left.ord, left.raw, kind)


def _records(stream: ChunkStream, batch: Batch) -> list[Seen]:
    layouts = list(stream.reader.layouts)
    found = []
    for at, ord_ in enumerate(batch.ord):
        border = batch.offsets[at * PIECES : (at + 1) * PIECES + 1].tolist()
        header, _, tail, rest = (batch.data[border[k] : border[k + 1]].tobytes() for k in range(4))
        layout = layouts[batch.layout[at]]
        raw = b"".join(
            (
                header,
                _time(batch.alloc_ts, batch.has_alloc_ts, at),
                layout.after_ts,
                _time(batch.free_ts, batch.has_free_ts, at),
                layout.after_free_ts,
                (b"%x" if layout.hex_pfn else b"%d") % batch.pfn[at],
                layout.after_pfn,
                b"%d" % batch.block[at],
                tail,
                rest,
            )
        )
        found.append(_one(int(ord_), raw, read_header(header), tail, rest))
    return found


def _time(column: Numbers | None, has: Mask | None, at: int) -> bytes:
    """A timestamp as the database gives it back: from signed 64 bits."""
    if column is None or (has is not None and not has[at]):
        return b""
    return b"%d" % column.view(np.int64)[at]


def _one(ord_: int, raw: bytes, header: Header | None, tail: bytes, rest: bytes) -> Seen:
    """A record, or the reject that it is where one of its texts is no good."""
    if header is None or read_page_state(tail) is None or read_rest(rest) is None:
        return Seen(ord_, raw, "reject")
    comm = unescape(header.comm) if header.comm is not None else None
    return Seen(ord_, raw, "record", comm, header.pid)
