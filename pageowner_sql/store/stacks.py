"""The distinct stacks of all dumps: numbered, read into frames once, kept in their tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from pageowner_sql.dump.fields import Frame, read_frame
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

# Stacks whose numbers are at hand, some 200 bytes each; more than any real dump has.
AT_HAND = 1 << 17
# Characters of new stacks that are read into frames together.
TOGETHER = 4 << 20
# What is remembered of lines that were read, in bytes, and what one takes beside its text.
REMEMBERED = 16 << 20
BESIDE = 400

_STAND_IN = re.compile(r"handle [0-9]+ \(stack not known\)")
_FRAME_KINDS = {
    "function": "text",
    "offset": "int",
    "size": "int",
    "module": "text",
    "address": "uint",
    "file": "text",
    "line": "int",
    "inlined": "bool",
    "guessed": "bool",
}

_Stack = tuple[int, str]


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
        self._frames: dict[str, Frame | None] = {}
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
            self._feed(stacks)
            self._keep_frames(stacks)
            ids = {"first": stacks[0][0], "last": stacks[-1][0]}
            self._database.run(statement("load/stacks"), ids)
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

    def _keep_frames(self, stacks: Sequence[_Stack]) -> None:
        texts = [text for _, text in stacks if text and not _STAND_IN.fullmatch(text)]
        # Stacks have most of their lines in common: each is read once.
        lines = list(dict.fromkeys("\n".join(texts).split("\n"))) if texts else []
        frames = self._read(lines)
        columns: dict[str, tuple[str, Sequence[Any]]] = {"text": ("text", lines)}
        for name, kind in _FRAME_KINDS.items():
            columns[name] = (kind, [getattr(frame, name, None) for frame in frames])
        self._database.feed("new_lines", table(columns))
        ends = [line for line, frame in zip(lines, frames, strict=True) if frame is None]
        self._database.run(statement("load/frames"), {"ends": ends})

    def _read(self, lines: Sequence[str]) -> list[Frame | None]:
        known = self._frames
        new = [line for line in lines if line not in known]
        known.update(zip(new, map(read_frame, new), strict=True))
        found = [known[line] for line in lines]
        self._remembered += sum(map(len, new)) + BESIDE * len(new)
        if self._remembered > REMEMBERED:
            known.clear()
            self._remembered = 0
        return found

    def _feed(self, stacks: Sequence[_Stack]) -> None:
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "stack_id": ("int", [number for number, _ in stacks]),
            "text": ("text", [text for _, text in stacks]),
            "stands_in": ("bool", [bool(_STAND_IN.fullmatch(text)) for _, text in stacks]),
        }
        self._database.feed("new_stacks", table(columns))


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
