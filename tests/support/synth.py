"""Dumps made to measure: what the kernel's format strings give, era by era, around any name."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

from hypothesis import strategies as st

from pageowner_sql.dump.exact_parser import Record
from pageowner_sql.dump.fields import KINDS, ReadText, read_header, unescape
from pageowner_sql.dump.formats import Layout
from pageowner_sql.dump.pipeline import ROOM
from pageowner_sql.dump.record_reader import CHUNK, Chunk, PlainRecords, RecordStream
from pageowner_sql.dump.regions import Leftover
from pageowner_sql.dump.scanner import BUDGET
from pageowner_sql.dump.source import Source
from pageowner_sql.store.arrow import given

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


def read(data: bytes, chunk: int = CHUNK, room: int = ROOM, *, budget: int = BUDGET) -> list[Seen]:
    """Everything in `data`, in order, read in chunks of that size."""
    seen: list[Seen] = []
    records = Records()
    stream = RecordStream(source_of(data), chunk, room, budget=budget)
    for part in stream:
        for position, record in records.of(part, list(stream.reader.layouts)):
            header = read_header(record.header)
            assert header is not None
            comm = unescape(header.comm) if header.comm is not None else None
            seen.append(Seen(position, record.text(), "record", comm, header.pid))
        seen += [_leftover(left) for left in part.leftovers]
    # Sorting is stable: the pieces of a reject stay in their order.
    return sorted(seen, key=lambda each: each.ord)


class Records:
    """The records of a dump's chunks, the plain ones put together from their columns."""

    def __init__(self) -> None:
        self._texts: list[list[ReadText]] = [[] for _ in KINDS]

    def of(self, part: Chunk, layouts: Sequence[Layout]) -> Iterator[tuple[int, Record]]:
        """Each record of the next chunk, and its position."""
        if part.begins:
            self._texts = [[] for _ in KINDS]
        for known, new in zip(self._texts, part.texts, strict=True):
            known.extend(new)
        if part.plain is not None:
            yield from self._plain(part.plain, layouts)
        for each in part.irregular:
            assert each.record.layout == layouts[each.layout]
            yield each.ord, each.record

    def _plain(
        self, records: PlainRecords, layouts: Sequence[Layout]
    ) -> Iterator[tuple[int, Record]]:
        ids = [array("i", range(len(known))) for known in self._texts]
        for row in rows_of(records, ids):
            header, tail, rest = (
                known[row[name]][0]
                for known, name in zip(
                    self._texts, ("header_id", "page_state_id", "rest_id"), strict=True
                )
            )
            times = (row["alloc_ts"], row["free_ts"])
            place = (row["pfn"], row["pageblock"], layouts[row["layout_id"]])
            yield row["ord"], Record(header, *times, *place, tail, rest)


def rows_of(records: PlainRecords, ids: Sequence[array[int]]) -> list[dict[str, Any]]:
    """The rows of table records; `ids`: those of the texts by their numbers."""
    [batch] = given(partial(records.give, ids, 0), 1)
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows


def _leftover(left: Leftover) -> Seen:
    kind = "gap" if not left.reason else "more" if left.continues else "reject"
    return Seen(left.ord, left.raw, kind)
