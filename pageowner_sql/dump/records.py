"""Chunks of a dump -> batches of records, and whatever is no record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump import odd
from pageowner_sql.dump.alike import PIECES, TEXTS, Alike, group
from pageowner_sql.dump.dialects import BEFORE_BLOCK, START, Layout, Shape, common_layout
from pageowner_sql.dump.digits import Bytes, Mask, Numbers, Positions
from pageowner_sql.dump.odd import NO_RECORD
from pageowner_sql.dump.plain import Plain
from pageowner_sql.dump.refusals import refuse_mangled
from pageowner_sql.dump.regions import Regions
from pageowner_sql.dump.scan import Scanner, scanner
from pageowner_sql.dump.texts import read_header

# How many odd regions are read, at most, to learn the shape of a chunk's plain ones.
SHAPE_TRIES = 50

NO_HEADER = "the header cannot be read"


@dataclass(frozen=True)
class Batch:
    """Records as columns, text as slices of one buffer.

    `offsets`: int32, PIECES * n + 1 borders within `data`; `ord`: position in the dump, from 0;
    `layout`: index into `RecordReader.layouts`; timestamps in ns, None where no record has one;
    `has_*`: which records have one, None where all do; `alike`: which have the same texts and
    layout; `offset`, `line`: where `data` begins in the dump, in bytes from 0, lines from 1.
    """

    data: Bytes
    offsets: npt.NDArray[np.int32]
    ord: npt.NDArray[np.int32]
    layout: npt.NDArray[np.int32]
    alloc_ts: Numbers | None
    free_ts: Numbers | None
    pfn: Numbers
    block: Numbers
    alike: Alike
    has_alloc_ts: Mask | None = None
    has_free_ts: Mask | None = None
    offset: int = 0
    line: int = 1

    def __len__(self) -> int:
        return len(self.ord)

    def texts(self, kind: int) -> list[bytes]:
        """The distinct texts of one kind, an index into TEXTS."""
        at = self.alike.texts[kind].first.astype(np.int64) * PIECES + TEXTS[kind]
        borders = zip(self.offsets[at].tolist(), self.offsets[at + 1].tolist(), strict=True)
        data = self.data.data
        return [bytes(data[start:end]) for start, end in borders]


@dataclass(frozen=True)
class Leftover:
    """Bytes of the dump that are in no record. `reason` is empty for surplus empty lines.

    `continues`: it belongs to the reject before it, whose text was longer than a chunk.
    """

    ord: int
    offset: int
    line: int
    reason: str
    raw: bytes
    continues: bool = False


@dataclass
class Chunk:
    """What one stretch of text held."""

    batches: list[Batch] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    truncated: int | None = None  # ord of the dump's last record, where that one is cut short


class RecordReader:
    """Reads a dump's text chunk by chunk; remembers position, line and layouts in between.

    `room` is how much text may be left over for the next call: no record is near as long, so
    what is longer without a record start is no record.
    """

    def __init__(self, name: str, room: int, scan: Scanner | None = None) -> None:
        self.name = name
        self._scan = scan or scanner()
        self.room = room
        self.layouts: dict[Layout, int] = {}
        self.offset = 0
        self.line = 1
        self.ord = 0
        self._shape: Shape | None = None
        # The last two bytes of what is done with; a dump begins as if after an empty line.
        self._before = b"\n\n"
        self._open = False
        self._reject_last = False

    def read(self, storage: Bytes, length: int, *, last: bool) -> tuple[Chunk, int]:
        """The records of `storage[:length]` and how many of its bytes are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        chunk = Chunk()
        fresh = self._before.endswith(b"\n")
        regions, covered = self._scan.cut(storage, length, last=last, fresh=fresh)
        endless = not last and length - covered > self.room
        if endless:
            # A record start across the border must stay whole, so its length stays behind.
            length -= 2 * len(START)
            regions, covered = self._scan.cut(storage, length, last=True, fresh=fresh)
        if not covered:
            return chunk, 0
        text = storage[:covered]
        if self.offset == 0:
            refuse_mangled(self.name, text[: 1 << 16].tobytes())
        if self._before == b"\n\n" and text[: len(START)].tobytes() == START:
            self._open = False
        self._read_regions(chunk, regions, endless=endless)
        self._open = endless
        self._before = (self._before + text[-2:].tobytes())[-2:]
        self.line += int(regions.line[-1])
        self.offset += covered
        return chunk, covered

    def _read_regions(self, chunk: Chunk, regions: Regions, *, endless: bool) -> None:
        if self._open:
            regions.single[0] = False
        if endless:
            regions.single[-1] = False
        fast = self._fast(regions)
        good = fast.good if fast is not None else np.zeros(len(regions), np.bool_)
        odd_at = np.flatnonzero(~good)
        items = [self._odd_items(regions, int(index)) for index in odd_at]
        if endless:
            items[-1] = [_closed(item) for item in items[-1]]
        continued = self._open and self._continue(items)
        extra = np.zeros(len(regions), np.int64)
        extra[odd_at] = [len(found) - 1 for found in items]
        ord_ = self.ord - continued + np.arange(len(regions)) + np.cumsum(extra) - extra
        if fast is not None and len(fast.pfn):
            chunk.batches.append(self._fast_batch(regions, fast, ord_[good]))
        self._odd_batch(chunk, regions, odd_at, items, ord_[odd_at])
        if continued:
            chunk.leftovers[0] = replace(chunk.leftovers[0], continues=True)
        self.ord = int(ord_[-1] + extra[-1]) + 1
        self._reject_last = bool(items and not good[-1]) and isinstance(items[-1][-1], odd.Reject)

    def _continue(self, items: list[list[odd.Item]]) -> bool:
        """The chunk's first text goes on where no record was: it can be none."""
        text = b"".join(_raw(item) for item in items[0])
        blank = not self._reject_last and not text.strip(b"\n")
        items[0] = [odd.Gap(text) if blank else odd.Reject(0, NO_RECORD, text)]
        return self._reject_last

    def _odd_items(self, regions: Regions, index: int) -> list[odd.Item]:
        start, end = int(regions.start[index]), int(regions.start[index + 1])
        return [_checked(item) for item in odd.read_region(regions.chunk[start:end].tobytes())]

    def _fast(self, regions: Regions) -> Plain | None:
        """The plain records; learns their shape anew where the one known does not fit."""
        if self._shape is not None:
            found = self._scan.read(regions, self._shape)
            if 2 * len(found.pfn) >= len(regions):
                return found
        self._shape = self._learn_shape(regions)
        return self._scan.read(regions, self._shape) if self._shape is not None else None

    def _learn_shape(self, regions: Regions) -> Shape | None:
        votes: dict[Shape, int] = {}
        step = max(1, len(regions) // SHAPE_TRIES)
        for index in range(0, len(regions), step):
            first = self._odd_items(regions, index)[0]
            shape = odd.shape_of(first) if isinstance(first, odd.Record) else None
            if shape is not None:
                votes[shape] = votes.get(shape, 0) + 1
        return max(votes, key=lambda shape: votes[shape]) if votes else None

    def _fast_batch(self, regions: Regions, fast: Plain, ord_: Positions) -> Batch:
        table = np.array(
            [self._layout(common_layout(fast.shape, text)) for text in BEFORE_BLOCK], np.int32
        )
        return Batch(
            data=regions.chunk,
            offsets=np.append(fast.borders.ravel(), fast.borders[-1, -1]),
            ord=ord_.astype(np.int32),
            layout=table[fast.before_block],
            alloc_ts=fast.alloc_ts,
            free_ts=fast.free_ts,
            pfn=fast.pfn,
            block=fast.block,
            alike=fast.alike,
            offset=self.offset,
            line=self.line,
        )

    def _layout(self, layout: Layout) -> int:
        return self.layouts.setdefault(layout, len(self.layouts))

    def _odd_batch(
        self,
        chunk: Chunk,
        regions: Regions,
        where: Positions,
        items: list[list[odd.Item]],
        first_ord: Positions,
    ) -> None:
        records: list[tuple[int, odd.Record]] = []
        for index, found, ord_ in zip(where, items, first_ord, strict=True):
            at, line = int(regions.start[index]), self.line + int(regions.line[index])
            for position, item in enumerate(found, int(ord_)):
                raw = _raw(item)
                if isinstance(item, odd.Record):
                    records.append((position, item))
                    chunk.truncated = position if item.truncated else chunk.truncated
                else:
                    reason = item.reason if isinstance(item, odd.Reject) else ""
                    left = Leftover(position, self.offset + at, line, reason, raw)
                    chunk.leftovers.append(left)
                at += len(raw)
                line += raw.count(b"\n")
        if records:
            chunk.batches.append(self._batch_of(records))

    def _batch_of(self, records: Iterable[tuple[int, odd.Record]]) -> Batch:
        pairs = list(records)
        texts = [piece for _, r in pairs for piece in (r.header, b"", r.tail, r.rest, b"")]
        offsets = np.zeros(len(texts) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=offsets[1:])
        data = np.frombuffer(b"".join(texts), np.uint8)
        layout = np.array([self._layout(r.layout) for _, r in pairs], np.int32)
        has_alloc = np.array([r.alloc_ts is not None for _, r in pairs])
        has_free = np.array([r.free_ts is not None for _, r in pairs])
        return Batch(
            data=data,
            offsets=offsets,
            ord=np.array([position for position, _ in pairs], np.int32),
            layout=layout,
            alloc_ts=np.array([r.alloc_ts or 0 for _, r in pairs], np.uint64),
            free_ts=np.array([r.free_ts or 0 for _, r in pairs], np.uint64),
            pfn=np.array([r.pfn for _, r in pairs], np.uint64),
            block=np.array([r.block for _, r in pairs], np.uint64),
            alike=group(data, offsets[:-1].reshape(-1, PIECES), layout),
            has_alloc_ts=has_alloc,
            has_free_ts=has_free,
        )


def _raw(item: odd.Item) -> bytes:
    return item.text() if isinstance(item, odd.Record) else item.raw


def _checked(item: odd.Item) -> odd.Item:
    """A record with a number in its header that no field holds is none."""
    if isinstance(item, odd.Record) and read_header(item.header) is None:
        return odd.Reject(0, NO_HEADER, item.text())
    return item


def _closed(item: odd.Item) -> odd.Item:
    """A record that has not ended after so much text is none."""
    if isinstance(item, odd.Record) and item.truncated:
        return odd.Reject(0, "longer than any record", item.text())
    return item
