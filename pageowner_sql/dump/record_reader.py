"""Chunks of a dump -> its records as columns of numbers, its rejects and gaps.

native/records.c reads the plain records. All others go through the exact parser, one by one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.fields import BESIDE, KINDS, READERS, ReadText
from pageowner_sql.dump.formats import BEFORE_BLOCK, Shape, common_layout
from pageowner_sql.dump.pipeline import AHEAD, ROOM, Pipeline
from pageowner_sql.dump.regions import Leftover, RegionReader, Regions, raw_of
from pageowner_sql.dump.scanner import BUDGET, Rows
from pageowner_sql.dump.source import Source

# The reason of the reject where a text of a record cannot be read, one for each of READERS.
REASONS = (
    "the header cannot be read",
    "the PFN line is not whole",
    "another record begins in it without an empty line before",
)

# What is remembered of texts that were read, in bytes; more than any real dump has.
REMEMBERED = 8 << 20

# What a record's numbers take.
RECORD = 48

Texts = Sequence[Sequence[ReadText]]


class PlainRecords:
    """The plain records of a chunk, and its `irregular` regions by their number.

    `layouts`: those of BEFORE_BLOCK, as the reader counts them.
    """

    def __init__(self, rows: Rows, irregular: array[int], layouts: Sequence[int]) -> None:
        self.rows = rows
        self.irregular = irregular
        self._layouts = layouts

    def __len__(self) -> int:
        return len(self.rows)

    def give(self, ids: Sequence[array[int]], layout_base: int, *out: int) -> int:
        """The records as rows of table records: see Rows.give.

        `ids`: those of the texts that the reader has handed out since its numbers began anew;
        `layout_base`: what the reader's layouts are counted from.
        """
        layouts = array("i", [layout_base + layout for layout in self._layouts])
        return self.rows.give(ids, layouts, *out)


class IrregularRecord(NamedTuple):
    """A record that the exact parser read; `layout`: index into the reader's layouts."""

    ord: int
    record: exact_parser.Record
    layout: int
    texts: Sequence[ReadText]


@dataclass
class Chunk:
    """What one stretch of text held; nothing of it lies in the text.

    `texts`, one entry a kind: the texts of plain records that are new, read; a record has them by
    their numbers, which begin anew with a chunk that `begins`.
    `truncated`: ord of the dump's last record, where that one is cut short; `weight`: about the
    bytes that all this takes.
    """

    plain: PlainRecords | None = None
    texts: Texts = ((), (), ())
    begins: bool = False
    irregular: list[IrregularRecord] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    truncated: int | None = None
    weight: int = 1


class RecordReader(RegionReader):
    """Reads a dump's text chunk by chunk, record by record."""

    def __init__(self, name: str, room: int, *, budget: int = BUDGET) -> None:
        super().__init__(name, room, READERS, budget=budget)
        self.ord = 0
        self.line = 1
        self._chunk = Chunk()
        self._known: tuple[dict[bytes, ReadText], ...] = tuple({} for _ in KINDS)
        self._remembered = 0

    def read(self, storage: memoryview, length: int, *, last: bool) -> tuple[Chunk, int]:
        """The records of `storage[:length]` and how many of its bytes are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        chunk = self._chunk = Chunk()
        done = self.advance(storage, length, last=last)
        if self._remembered > REMEMBERED:
            self._remembered = 0
            for known in self._known:
                known.clear()
        return chunk, done

    def _take(self, regions: Regions, *, endless: bool) -> int:
        chunk = self._chunk
        plain, taken = self._plain(regions)
        if taken < len(regions):
            regions, endless = replace(regions, count=taken), False
        at = range(len(regions)) if plain is None else plain.irregular
        items, continued = self._items(regions, at, endless=endless)
        first = self.ord - continued
        counts = [len(inside) for inside in items]
        if plain is not None and len(plain):
            plain.rows.put_in_order(first, plain.irregular, counts)
            chunk.plain = plain
            chunk.weight += RECORD * len(plain)
        for left in self._irregular(regions, at, items, first):
            chunk.leftovers.append(left)
            chunk.weight += len(left.raw) + BESIDE
        if continued:
            chunk.leftovers[0] = replace(chunk.leftovers[0], continues=True)
        self.ord = first + len(regions) + sum(counts) - len(counts)
        assert regions.line is not None  # noqa: S101  # it was just cut
        self.line += regions.line[len(regions)]
        return taken

    def _plain(self, regions: Regions) -> tuple[PlainRecords | None, int]:
        """The plain records, and how many regions were read for them.

        Learns their shape anew where the one known does not fit.
        """
        if self._shape is not None:
            found, taken = self._scan(regions, self._shape)
            if 2 * len(found) >= taken:
                return found, taken
        self._shape = self._learn_shape(regions)
        return self._scan(regions, self._shape) if self._shape else (None, len(regions))

    def _scan(self, regions: Regions, shape: Shape) -> tuple[PlainRecords, int]:
        scanner, every = self._scanner, range(len(regions))
        taken = scanner.feed(regions.chunk, shape, every, keep=True)
        if not taken:
            # A table that is empty has room for whatever fits into a chunk.
            scanner.reset()
            self._chunk.texts, self._chunk.begins = ((), (), ()), True
            taken = scanner.feed(regions.chunk, shape, every, keep=True)
        texts = scanner.new_texts(refuse=True)
        of_kinds = zip(self._chunk.texts, texts, strict=True)
        self._chunk.texts = [[*known, *new] for known, new in of_kinds]
        self._chunk.weight += sum(len(text) + BESIDE for new in texts for text, _ in new)
        layouts = [self.layout(common_layout(shape, text)) for text in BEFORE_BLOCK]
        return PlainRecords(scanner.rows(), scanner.irregular, layouts), taken

    def _text(self, kind: int, text: bytes) -> ReadText:
        known = self._known[kind]
        read = known.get(text)
        if read is None:
            read = known[text] = (text, READERS[kind](text))
            self._remembered += len(text) + BESIDE
            self._chunk.weight += len(text) + BESIDE
        return read

    def _irregular(
        self,
        regions: Regions,
        where: Sequence[int],
        items: Sequence[Sequence[exact_parser.Item]],
        first: int,
    ) -> Iterator[Leftover]:
        """Keep the records of irregular regions; the rest of what is in them."""
        assert regions.line is not None  # noqa: S101  # it was just cut
        surplus = 0
        for index, inside in zip(where, items, strict=True):
            at, line = regions.start[index], self.line + regions.line[index]
            for position, item in enumerate(inside, first + index + surplus):
                raw = raw_of(item)
                reason = (
                    self._keep(item, position)
                    if isinstance(item, exact_parser.Record)
                    else (item.reason if isinstance(item, exact_parser.RecordReject) else "")
                )
                if reason is not None:
                    yield Leftover(position, self.offset + at, line, reason, raw)
                at += len(raw)
                line += raw.count(b"\n")
            surplus += len(inside) - 1

    def _keep(self, record: exact_parser.Record, position: int) -> str | None:
        """Keep a record; the reason to reject it where one of its texts cannot be read."""
        pieces = (record.header, record.tail, record.rest)
        texts = [self._text(kind, text) for kind, text in zip(KINDS, pieces, strict=True)]
        for (_, fields), reason in zip(texts, REASONS, strict=True):
            if fields is None:
                return reason
        layout = self.layout(record.layout)
        self._chunk.irregular.append(IrregularRecord(position, record, layout, texts))
        self._chunk.weight += RECORD + BESIDE
        if record.truncated:
            self._chunk.truncated = position
        return None


CHUNK = 4 << 20


class RecordStream(Pipeline[Chunk]):
    """Every record for itself, read as far ahead as memory allows."""

    def __init__(
        self,
        source: Source,
        chunk: int = CHUNK,
        room: int = ROOM,
        *,
        hashed: bool = True,
        budget: int = BUDGET,
    ) -> None:
        self._records = RecordReader(source.name, room, budget=budget)
        super().__init__(source, self._records, chunk, hashed=hashed, ahead=AHEAD)

    def _make(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[Sequence[tuple[Chunk, int]], int]:
        chunk, done = self._records.read(storage, length, last=last)
        return [(chunk, chunk.weight)] if done else [], done
