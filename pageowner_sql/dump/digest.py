"""Batches of records -> numbers and distinct texts, read: all that is kept of a chunk's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump.alike import PIECES, Indexes
from pageowner_sql.dump.counted import Counted
from pageowner_sql.dump.digits import Mask, Numbers
from pageowner_sql.dump.reading import Leftover
from pageowner_sql.dump.records import Batch, Chunk
from pageowner_sql.dump.texts import BESIDE, KINDS, READERS, ReadText

# Why a record is none where one of its texts cannot be read, a reason for each of READERS.
REASONS = (
    "the header cannot be read",
    "the PFN line is not whole",
    "another record begins in it without an empty line before",
)

# What is remembered of texts that were read, in bytes; more than any real dump has.
REMEMBERED = 32 << 20


@dataclass(frozen=True)
class Times:
    """A timestamp of each record, ns; `has`: which have one, None where all do.

    `values` is None where no record has one.
    """

    values: Numbers | None
    has: Mask | None = None

    def take(self, rows: npt.NDArray[np.signedinteger[Any]]) -> Times:
        """Those of some records."""
        values = None if self.values is None else self.values[rows]
        return Times(values, None if self.has is None else self.has[rows])


@dataclass(frozen=True)
class Records:
    """Records as columns; none of them lies in the chunk's text.

    `ord`, `layout`, `pfn`, `block`, the times: as in Batch. Records with the same texts and
    layout are a group: `group`, one entry a record; `first`, `times`, one a group: its first
    record and how many it has; `texts`, one entry a kind: the distinct texts; `numbers`, one a
    kind: which of them each group has.
    """

    ord: Indexes
    layout: Indexes
    alloc_ts: Times
    free_ts: Times
    pfn: Numbers
    block: Numbers
    group: Indexes
    first: Indexes
    times: npt.NDArray[np.int64]
    texts: tuple[list[ReadText], ...]
    numbers: tuple[Indexes, ...]

    def __len__(self) -> int:
        return len(self.ord)


@dataclass
class Digest:
    """What one stretch of text held: as Chunk, and `weight`, about its bytes in memory."""

    records: list[Records] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    truncated: int | None = None
    weight: int = 0


class Digester:
    """Reads each text once, as long as it remembers it."""

    def __init__(self) -> None:
        self._known: tuple[dict[bytes, ReadText], ...] = tuple({} for _ in KINDS)
        self._size = 0

    def digest(self, chunk: Chunk) -> Digest:
        """Digest one chunk; records with a text that is no good become leftovers."""
        found = Digest(leftovers=chunk.leftovers, truncated=chunk.truncated)
        for batch in chunk.batches:
            found.weight += sum(column.nbytes for column in (batch.pfn, batch.offsets, batch.ord))
            texts = tuple(self._read(kind, batch.texts(kind), found) for kind in KINDS)
            bad = list(_bad(batch, texts))
            if bad:
                # In their order, so that what goes on in the next chunk stays the last.
                found.leftovers = sorted([*found.leftovers, *bad], key=lambda left: left.ord)
            found.records.append(_records(batch, texts))
        found.weight += sum(len(left.raw) for left in found.leftovers)
        if self._size > REMEMBERED:
            self._size = 0
            for known in self._known:
                known.clear()
        return found

    def _read(self, kind: int, texts: list[bytes], found: Digest) -> list[ReadText]:
        known, read = self._known[kind], []
        for text in texts:
            fields = known.get(text)
            if fields is None:
                fields = known[text] = (text, READERS[kind](text))
                self._size += len(text) + BESIDE
                found.weight += len(text) + BESIDE
            read.append(fields)
        return read


def _records(batch: Batch, texts: tuple[list[ReadText], ...]) -> Records:
    alike = batch.alike
    found = Records(
        ord=batch.ord,
        layout=batch.layout,
        alloc_ts=Times(batch.alloc_ts, batch.has_alloc_ts),
        free_ts=Times(batch.free_ts, batch.has_free_ts),
        pfn=batch.pfn,
        block=batch.block,
        group=alike.group,
        first=alike.first,
        times=alike.times,
        texts=texts,
        numbers=tuple(of_kind.number for of_kind in alike.texts),
    )
    good = _good(found)
    return found if good.all() else _without(found, good)


def _good(records: Records) -> Mask:
    """Which groups have no text that is no good."""
    good = np.ones(len(records.first), np.bool_)
    for texts, number in zip(records.texts, records.numbers, strict=True):
        good &= np.array([fields is not None for _, fields in texts], np.bool_)[number]
    return good


def _without(records: Records, good: Mask) -> Records:
    """The records of the good groups alone."""
    rows = np.flatnonzero(good[records.group])
    # Groups stay in the order of their first records, and all of a group's records stay.
    position = np.cumsum(good[records.group], dtype=np.int32) - np.int32(1)
    renumbered = np.cumsum(good, dtype=np.int32) - np.int32(1)
    return Records(
        ord=records.ord[rows],
        layout=records.layout[rows],
        alloc_ts=records.alloc_ts.take(rows),
        free_ts=records.free_ts.take(rows),
        pfn=records.pfn[rows],
        block=records.block[rows],
        group=renumbered[records.group[rows]],
        first=position[records.first[good]],
        times=records.times[good],
        texts=records.texts,
        numbers=tuple(number[good] for number in records.numbers),
    )


def _bad(batch: Batch, texts: tuple[list[ReadText], ...]) -> Iterator[Leftover]:
    """The records that a text of theirs keeps out, as rejects."""
    reasons = dict(_reasons(batch, texts))
    if not reasons:
        return
    newlines = np.flatnonzero(batch.data == ord("\n"))
    for at in np.flatnonzero(np.isin(batch.alike.group, list(reasons))).tolist():
        start, end = (int(batch.offsets[at * PIECES + k]) for k in (0, PIECES - 1))
        line = batch.line + int(np.searchsorted(newlines, start))
        raw = batch.data[start:end].tobytes()
        reason = reasons[int(batch.alike.group[at])]
        yield Leftover(int(batch.ord[at]), batch.offset + start, line, reason, raw)


def _reasons(batch: Batch, texts: tuple[list[ReadText], ...]) -> Iterator[tuple[int, str]]:
    """The groups with a text that is no good, and why; the first reason comes last."""
    for kind in reversed(KINDS):
        bad = [number for number, (_, fields) in enumerate(texts[kind]) if fields is None]
        if bad:
            groups = np.flatnonzero(np.isin(batch.alike.texts[kind].number, bad))
            yield from ((group, REASONS[kind]) for group in groups.tolist())


def counted(digest: Digest) -> list[Counted]:
    """The groups of a digest, all that a culled report needs of it."""
    found = [_counted(records) for records in digest.records]
    rejected = sum(bool(left.reason) and not left.continues for left in digest.leftovers)
    return [*found, Counted(rejected=rejected)]


def _counted(records: Records) -> Counted:
    first = records.first
    return Counted(
        texts=records.texts,
        numbers=tuple(number.tolist() for number in records.numbers),
        layout=records.layout[first].tolist(),
        at=records.ord[first].tolist(),
        alloc_ts=_listed(records.alloc_ts.take(first)),
        free_ts=_listed(records.free_ts.take(first)),
        times=records.times.tolist(),
    )


def _listed(times: Times) -> list[int | None] | None:
    if times.values is None:
        return None
    values: list[int | None] = times.values.tolist()
    if times.has is None:
        return values
    return [value if has else None for value, has in zip(values, times.has.tolist(), strict=True)]
