"""Chunks of a dump -> batches of records, and whatever is no record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump import odd
from pageowner_sql.dump.alike import PIECES, TEXTS, Alike, group
from pageowner_sql.dump.dialects import BEFORE_BLOCK, common_layout
from pageowner_sql.dump.digits import Bytes, Mask, Numbers, Positions
from pageowner_sql.dump.plain import Plain
from pageowner_sql.dump.reading import Leftover, RegionReader, raw_of
from pageowner_sql.dump.regions import Regions
from pageowner_sql.dump.scan import Scanner, scanner


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


@dataclass
class Chunk:
    """What one stretch of text held."""

    batches: list[Batch] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    truncated: int | None = None  # ord of the dump's last record, where that one is cut short


class RecordReader(RegionReader[Regions]):
    """Reads a dump's text chunk by chunk, record by record."""

    def __init__(self, name: str, room: int, scan: Scanner | None = None) -> None:
        super().__init__(name, room)
        self._scan = scan or scanner()
        self.ord = 0
        self.line = 1
        self._chunk = Chunk()

    def read(self, storage: Bytes, length: int, *, last: bool) -> tuple[Chunk, int]:
        """The records of `storage[:length]` and how many of its bytes are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        self._chunk = Chunk()
        return self._chunk, self.advance(storage, length, last=last)

    def _cut(self, storage: Bytes, length: int, *, last: bool, fresh: bool) -> tuple[Regions, int]:
        return self._scan.cut(storage, length, last=last, fresh=fresh)

    def _take(self, regions: Regions, *, endless: bool) -> None:
        chunk = self._chunk
        fast = self._fast(regions)
        good = fast.good if fast is not None else np.zeros(len(regions), np.bool_)
        odd_at = np.flatnonzero(~good)
        items, continued = self._items(regions, odd_at.tolist(), endless=endless)
        extra = np.zeros(len(regions), np.int64)
        extra[odd_at] = [len(found) - 1 for found in items]
        ord_ = self.ord - continued + np.arange(len(regions)) + np.cumsum(extra) - extra
        if fast is not None and len(fast.pfn):
            chunk.batches.append(self._fast_batch(regions, fast, ord_[good]))
        self._odd_batch(chunk, regions, odd_at, items, ord_[odd_at])
        if continued:
            chunk.leftovers[0] = replace(chunk.leftovers[0], continues=True)
        self.ord = int(ord_[-1] + extra[-1]) + 1
        self.line += int(regions.line[-1])

    def _fast(self, regions: Regions) -> Plain | None:
        """The plain records; learns their shape anew where the one known does not fit."""
        if self._shape is not None:
            found = self._scan.read(regions, self._shape)
            if 2 * len(found.pfn) >= len(regions):
                return found
        self._shape = self._learn_shape(regions)
        return self._scan.read(regions, self._shape) if self._shape is not None else None

    def _fast_batch(self, regions: Regions, fast: Plain, ord_: Positions) -> Batch:
        table = np.array(
            [self.layout(common_layout(fast.shape, text)) for text in BEFORE_BLOCK], np.int32
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
                raw = raw_of(item)
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
        layout = np.array([self.layout(r.layout) for _, r in pairs], np.int32)
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
