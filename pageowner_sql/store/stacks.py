"""The distinct stacks of all dumps: numbered, read into frames once, kept in their tables."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from operator import and_
from typing import Any, NamedTuple

from pageowner_sql.dump.fields import Frame, read_frame
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# Stacks whose numbers are at hand, some 200 bytes each; more than any real dump has.
AT_HAND = 1 << 15
# Characters of new stacks that are read into frames together.
TOGETHER = 2 << 20
# What is remembered of lines that were read, in bytes, and what one takes beside its text.
REMEMBERED = 8 << 20
BESIDE = 400

_STAND_IN = re.compile(r"handle [0-9]+ \(stack not known\)")
_LINE_KINDS = {
    "function": "text",
    "offset": "int",
    "size": "int",
    "module": "text",
    "address": "uint",
    "file": "text",
    "line": "int",
    "inlined": "bool",
    "guessed": "bool",
    "base_function": "text",
}
_SLAB = frozenset(("new_slab", "allocate_slab", "alloc_slab_page", "___slab_alloc"))

_Stack = tuple[int, str]


class _Line(NamedTuple):
    """A line of a stack as table frames has it, and as `stacks.function_stack` does."""

    frame: Frame
    base_function: str | None

    @property
    def shown(self) -> str:
        return self.base_function or f"0x{self.frame.address:X}"


def stack_text(stack: str, handle: int | None) -> str:
    """What table `stacks` calls a stack: its lines, or a stand-in for a handle without any."""
    if stack or handle is None:
        return stack
    return f"handle {handle} (stack not known)"


class StackTables:
    """stacks and frames, while dumps are loaded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.script("load/stacks_begin")
        self._last = int(database.value("SELECT coalesce(max(stack_id), 0) FROM stacks"))
        # By digest, for their texts take as much memory as the dump.
        self._ids: dict[bytes, int] = {}
        self._not_in_table: list[tuple[bytes, int]] = []
        self._unwritten: list[_Stack] = []
        self._lines: dict[str, _Line | None] = {}
        self._remembered = 0

    def ids(self, texts: Iterable[str]) -> list[int]:
        """The number of each stack, given as `stack_text` calls it; new ones are kept."""
        found = self.number(texts)
        self.write()
        return found

    def number(self, texts: Iterable[str]) -> list[int]:
        """As `ids`, but new ones are kept only when `write` is called."""
        named = [(_digest(text), text) for text in texts]
        self._recall([digest for digest, _ in named if digest not in self._ids])
        for digest, text in named:
            if digest not in self._ids:
                self._last += 1
                self._ids[digest] = self._last
                self._not_in_table.append((digest, self._last))
                self._unwritten.append((self._last, text))
        found = [self._ids[digest] for digest, _ in named]
        if len(self._ids) > AT_HAND:
            self._spill()
        return found

    def write(self) -> None:
        """Put the new stacks into the tables."""
        for stacks in _portions(self._unwritten):
            self._write(stacks)
        self._unwritten.clear()

    def finish(self) -> None:
        """Drop what only the load needed."""
        self._database.run("DROP TABLE load_stacks")

    def _recall(self, digests: Sequence[bytes]) -> None:
        """Bring the numbers back to hand of those of the stacks that are in the table."""
        if digests:
            self._database.feed("asked_stacks", table({"digest": ("bytes", digests)}))
            self._ids.update(self._database.rows(statement("load/stacks_recall")))

    def _spill(self) -> None:
        """Put the numbers into the table, which DuckDB can put on disk."""
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "digest": ("bytes", [digest for digest, _ in self._not_in_table]),
            "stack_id": ("int", [number for _, number in self._not_in_table]),
        }
        self._database.append("load_stacks", table(columns))
        self._not_in_table.clear()
        self._ids.clear()

    def _write(self, stacks: Sequence[_Stack]) -> None:
        split = [() if _has_no_lines(text) else text.split("\n") for _, text in stacks]
        # Stacks have most of their lines in common: each is read once.
        lines = self._read(dict.fromkeys(chain.from_iterable(split)))
        self._feed_lines(list(lines.values()))
        numbers = {text: number for number, text in enumerate(lines)}
        number = numbers.get
        frames = [[at for text in texts if (at := number(text)) is not None] for texts in split]
        self._feed_frames(stacks, frames)
        self._database.run(statement("load/frames"))
        self._append_stacks(stacks, frames, list(lines.values()))

    def _read(self, texts: Iterable[str]) -> dict[str, _Line]:
        """The frames among these lines: all but the end markers of old kernels' stacks."""
        known = self._lines
        new = {text: read_frame(text) for text in texts if text not in known}
        base = self._base_functions({frame.function for frame in new.values() if frame})
        for text, frame in new.items():
            known[text] = frame and _Line(frame, base.get(frame.function))
        found = {text: line for text in texts if (line := known[text])}
        self._remembered += sum(map(len, new)) + BESIDE * len(new)
        if self._remembered > REMEMBERED:
            known.clear()
            self._remembered = 0
        return found

    def _base_functions(self, functions: Iterable[str | None]) -> dict[str | None, str]:
        names = [name for name in functions if name is not None]
        self._database.feed("new_functions", table({"name": ("text", names)}))
        return dict(
            self._database.rows("SELECT name, base_function(name) FROM new_functions")
            if names
            else ()
        )

    def _feed_lines(self, lines: Sequence[_Line]) -> None:
        rows = [(*line.frame, line.base_function) for line in lines]
        columns = zip(*rows, strict=True) if rows else ((),) * len(_LINE_KINDS)
        kinds = zip(_LINE_KINDS.items(), columns, strict=True)
        read = {name: (kind, column) for (name, kind), column in kinds}
        self._database.feed("new_lines", table({"number": ("int32", range(len(lines))), **read}))

    def _feed_frames(self, stacks: Sequence[_Stack], frames: Sequence[Sequence[int]]) -> None:
        ids, positions, numbers = (array("i") for _ in range(3))
        for (stack_id, _), of_stack in zip(stacks, frames, strict=True):
            ids.extend([stack_id] * len(of_stack))
            positions.extend(range(len(of_stack)))
            numbers.extend(of_stack)
        self._database.feed(
            "new_frames",
            table(
                {
                    "stack_id": ("int32", ids),
                    "pos": ("int32", positions),
                    "number": ("int32", numbers),
                }
            ),
        )

    def _append_stacks(
        self, stacks: Sequence[_Stack], frames: Sequence[Sequence[int]], lines: Sequence[_Line]
    ) -> None:
        shown = [line.shown for line in lines]
        base = [line.base_function or "" for line in lines]
        slab = {number for number, name in enumerate(base) if name in _SLAB}
        vmalloc = {number for number, name in enumerate(base) if "__vmalloc_node_range" in name}
        pages = {number for number, name in enumerate(base) if "alloc_pages" in name}
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "stack_id": ("int32", [number for number, _ in stacks]),
            "text": ("text", [text for _, text in stacks]),
            "depth": ("int32", [len(of_stack) for of_stack in frames]),
            "function_stack": (
                "text",
                [
                    text if _STAND_IN.fullmatch(text) else "\n".join(map(shown.__getitem__, found))
                    for (_, text), found in zip(stacks, frames, strict=True)
                ],
            ),
            "is_slab": ("bool", _meeting(frames, slab)),
            # As page_owner_sort tells it: what __vmalloc_node_range calls allocates pages.
            "is_vmalloc": (
                "bool",
                list(
                    map(and_, _meeting(frames, vmalloc), _meeting(frames, pages if vmalloc else ()))
                ),
            ),
        }
        self._database.append("stacks", table(columns))


def _meeting(frames: Sequence[Sequence[int]], lines: Collection[int]) -> list[bool]:
    """Whether each stack has one of these lines."""
    if not lines:
        return [False] * len(frames)
    apart = frozenset(lines).isdisjoint
    return [not apart(of_stack) for of_stack in frames]


def _has_no_lines(text: str) -> bool:
    return not text or _STAND_IN.fullmatch(text) is not None


def _digest(text: str) -> bytes:
    """As load_stacks has it."""
    return sha256(text.encode()).digest()[:16]


def _portions(stacks: Sequence[_Stack]) -> Iterator[Sequence[_Stack]]:
    """The stacks in their order, some MiB of text at a time."""
    start = size = 0
    for at, (_, text) in enumerate(stacks, 1):
        size += len(text)
        if size > TOGETHER or at == len(stacks):
            yield stacks[start:at]
            start, size = at, 0
