"""A dump's text -> how many records have the same texts, counted by native/scanner.c and file.c."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.fields import OWN_READERS, READERS
from pageowner_sql.dump.formats import BEFORE_BLOCK, common_layout
from pageowner_sql.dump.record_groups import IrregularGroups, RecordGroups, groups_of
from pageowner_sql.dump.regions import RegionReader, Regions, raw_of
from pageowner_sql.dump.scanner import BUDGET, ScannedFile, ScanOutcome


class GroupReader(RegionReader):
    """Counts a dump's records chunk by chunk.

    `compared`: only those that page_owner_sort reads as we do; the others, and what is not a
    record, are handed on as they are.
    """

    def __init__(
        self,
        name: str,
        room: int,
        *,
        budget: int = BUDGET,
        compared: bool = False,
    ) -> None:
        readers = READERS if compared else OWN_READERS
        super().__init__(name, room, readers, budget=budget, compared=compared)
        self._compared = compared
        self._budget = budget
        self._irregular = IrregularGroups(compared=compared)
        self._made: list[RecordGroups] = []

    def read(
        self, storage: memoryview, length: int, *, last: bool
    ) -> tuple[list[RecordGroups], int]:
        """What was counted and is handed on, and how many bytes of `storage` are done with.

        `storage` reaches PADDING bytes further. The rest comes again with the next call.
        """
        done = self.advance(storage, length, last=last)
        if last:
            self._hand_on()
        return self._taken(), done

    def _taken(self) -> list[RecordGroups]:
        if self._irregular.weight > self._budget:
            self._hand_on()
        made, self._made = self._made, []
        return made

    @property
    def steady(self) -> bool:
        """Whether `read_file` can go on: records of a known shape were read, and none is cut."""
        return self._shape is not None and not self._open and self._before == b"\n\n"

    def read_file(self, file: ScannedFile) -> tuple[list[RecordGroups], ScanOutcome]:
        """As `read`, from the file itself, as far as nothing special comes."""
        assert self._shape is not None  # noqa: S101  # it is steady
        file.state.offset = self.offset
        outcome = self._scanner.feed_file(file, self._shape)
        self.offset = file.state.offset
        text, borders, offsets = file.irregular
        # Nobody asks which of them are single.
        regions = Regions(text, borders, borders, len(offsets))
        items, _ = self._items(regions, range(len(regions)), endless=False)
        for inside, at in zip(items, offsets, strict=True):
            self._add_irregular(inside, at)
        if outcome is ScanOutcome.STRANGE:
            self._learn(regions)
        self._hand_on_texts()
        if outcome is ScanOutcome.FULL:
            self._hand_on()
        return self._taken(), outcome

    def _take(self, regions: Regions, *, endless: bool) -> int:
        if self._shape is None:
            self._learn(regions)
        found = self._count(regions) if self._shape is not None else range(len(regions))
        items, continued = self._items(regions, found, endless=endless)
        for index, inside in zip(found, items, strict=True):
            self._add_irregular(inside, self.offset + regions.start[index])
        self._irregular.rejected -= continued
        if 2 * len(found) > len(regions):
            self._learn(regions)
        return len(regions)

    def _add_irregular(self, items: Sequence[exact_parser.Item], at: int) -> None:
        for item in items:
            if isinstance(item, exact_parser.Record):
                self._irregular.add(item, self.layout(item.layout), at)
            else:
                self._irregular.rejected += isinstance(item, exact_parser.RecordReject)
                self._irregular.set_apart(at, item.raw)
            at += len(raw_of(item)) if len(items) > 1 else 0

    def _learn(self, regions: Regions) -> None:
        """Learn the shape of most records, for what comes next."""
        shape = self._learn_shape(regions)
        if shape != self._shape:
            self._hand_on()
            self._shape = shape

    def _count(self, regions: Regions) -> list[int]:
        """Count the plain records; the irregular regions."""
        assert self._shape is not None  # noqa: S101  # known by who calls
        found: list[int] = []
        done = 0
        while done < len(regions):
            done = self._scanner.feed(
                regions.chunk, self._shape, range(done, len(regions)), offset=self.offset
            )
            found += self._scanner.irregular
            if done < len(regions):
                # A table that is empty has room for whatever fits into a chunk.
                self._hand_on()
        self._hand_on_texts()
        return found

    def _hand_on_texts(self) -> None:
        texts = self._scanner.new_texts()
        if any(texts):
            self._made.append(RecordGroups(texts=texts, ahead=True))

    def _hand_on(self) -> None:
        """Hand on all that was counted, and begin anew."""
        if self._shape is not None and not self._scanner.is_empty:
            self._hand_on_texts()
            shape = self._shape
            layouts = [self.layout(common_layout(shape, text)) for text in BEFORE_BLOCK]
            self._made.append(groups_of(self._scanner, layouts, alloc=shape.ts, free=shape.free_ts))
            self._scanner.reset()
        self._made.append(self._irregular.take())
        self._irregular = IrregularGroups(compared=self._compared)
