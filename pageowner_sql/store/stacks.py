"""The distinct stacks of all dumps: numbered, read into frames once, kept in their tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pageowner_sql.dump.texts import read_frames
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

_STAND_IN = re.compile(r"handle [0-9]+ \(stack not known\)")
_FRAME_KINDS = {
    "function": "text",
    "offset": "int",
    "size": "int",
    "module": "text",
    "address": "uint",
}


def stack_text(stack: str, handle: int | None) -> str:
    """What table `stacks` calls a stack: its lines, or a stand-in for a handle without any."""
    if stack or handle is None:
        return stack
    return f"handle {handle} (stack not known)"


class StackTables:
    """stacks and frames, while dumps are loaded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[str, int] = dict(database.rows("SELECT text, stack_id FROM stacks"))
        self._last = max(self._ids.values(), default=0)
        self._unwritten: list[str] = []

    def ids(self, texts: Iterable[str]) -> list[int]:
        """The number of each stack, given as `stack_text` calls it; new ones are kept."""
        found = self.number(texts)
        self.write()
        return found

    def number(self, texts: Iterable[str]) -> list[int]:
        """As `ids`, but new ones are kept only when `write` is called."""
        texts = list(texts)
        for text in texts:
            if text not in self._ids:
                self._last += 1
                self._ids[text] = self._last
                self._unwritten.append(text)
        return [self._ids[text] for text in texts]

    def write(self) -> None:
        """Put the new stacks into the tables."""
        if self._unwritten:
            self._keep_frames(self._unwritten)
            self._keep(self._unwritten)
            self._unwritten.clear()

    def _keep_frames(self, texts: Sequence[str]) -> None:
        frames = [
            (self._ids[text], pos, frame)
            for text in texts
            if not _STAND_IN.fullmatch(text)
            for pos, frame in enumerate(read_frames(text))
        ]
        if not frames:
            return
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "stack_id": ("int", [stack for stack, _, _ in frames]),
            "pos": ("int", [pos for _, pos, _ in frames]),
        }
        for name, kind in _FRAME_KINDS.items():
            columns[name] = (kind, [getattr(frame, name) for _, _, frame in frames])
        self._run("load/frames", "new_frames", table(columns))

    def _keep(self, texts: Sequence[str]) -> None:
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "stack_id": ("int", [self._ids[text] for text in texts]),
            "text": ("text", texts),
            "stands_in": ("bool", [bool(_STAND_IN.fullmatch(text)) for text in texts]),
        }
        self._run("load/stacks", "new_stacks", table(columns))

    def _run(self, name: str, source: str, rows: object) -> None:
        self._database.feed(source, rows)
        self._database.run(statement(name))
