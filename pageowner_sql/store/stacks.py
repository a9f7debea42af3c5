"""The distinct stacks of all dumps: numbered, read into frames once, kept in their tables.

native/stacks.c numbers their lines, and hands out the rows of tables stacks and frames.
"""

from __future__ import annotations

import ctypes
import os
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from itertools import accumulate
from typing import Any

from pageowner_sql.dump.fields import Frame, read_frame
from pageowner_sql.native.library import granted, library
from pageowner_sql.store.arrow import batches, given, table
from pageowner_sql.store.database import Database, statement

# Stacks whose numbers are at hand, some 200 bytes each; more than any real dump has.
AT_HAND = 1 << 15
# Bytes of new stacks that are read into frames together.
TOGETHER = 2 << 20
# What is remembered of lines that were read, in bytes, and what one takes beside its text.
REMEMBERED = 16 << 20
BESIDE = 200

_STAND_IN = re.compile(rb"handle [0-9]+ \(stack not known\)")
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
}
# What stacks.c has to know of a line: it is not a frame, or its function tells an allocator.
_NO_FRAME, _IS_SLAB, _VMALLOC, _PAGES = 1, 2, 4, 8
_SLAB = frozenset(("new_slab", "allocate_slab", "alloc_slab_page", "___slab_alloc"))


def _flags(base_function: str) -> int:
    # As page_owner_sort tells it: what __vmalloc_node_range calls allocates pages.
    return (
        _IS_SLAB * (base_function in _SLAB)
        | _VMALLOC * ("__vmalloc_node_range" in base_function)
        | _PAGES * ("alloc_pages" in base_function)
    )


class _Library:
    """The functions of native/stacks.c."""

    def __init__(self) -> None:
        pointer, number, text = ctypes.c_void_p, ctypes.c_int64, ctypes.c_char_p
        found = library()
        self.new, self.free = found.stacks_new, found.stacks_free
        self.new.restype, self.new.argtypes = pointer, (text,)
        self.free.restype, self.free.argtypes = None, (pointer,)
        self.feed, self.lines = found.stacks_feed, found.stacks_lines
        self.feed.restype, self.feed.argtypes = number, (pointer, text, pointer, text, number)
        self.lines.restype = pointer
        self.lines.argtypes = (pointer, number, ctypes.POINTER(number))
        self.learn, self.take = found.stacks_learn, found.stacks_take
        self.learn.argtypes = (pointer, text, pointer, text, number)
        self.take.argtypes = (pointer, number, text, pointer, *(pointer,) * 4)


class StackLines:
    """The distinct lines of stacks, in memory of native/stacks.c."""

    def __init__(self) -> None:
        self._handle = 0
        self._library = _Library()
        # Nobody can make up lines that collide without it.
        self._handle = granted(self._library.new(os.urandom(32)))
        self._count = 0
        self._text = b""
        self._borders = array("q")

    def __del__(self) -> None:
        if self._handle:
            self._library.free(self._handle)

    def feed(self, texts: Sequence[bytes]) -> list[str]:
        """Number the lines of stacks; those that are new."""
        self._text = b"".join(texts)
        self._borders = array("q", accumulate(map(len, texts), initial=0))
        whole = bytes(map(_has_no_lines, texts))
        address = self._borders.buffer_info()[0]
        count = self._library.feed(self._handle, self._text, address, whole, len(texts))
        granted(count or 1)
        size = ctypes.c_int64()
        start = self._library.lines(self._handle, self._count, size)
        new = ctypes.string_at(start, size.value).decode().split("\n")[:-1]
        self._count = count
        return new

    def learn(self, shown: Sequence[str], flags: bytes) -> None:
        """Take the names that the new lines have in function stacks, and what is said of them."""
        names = [name.encode() for name in shown]
        sizes = array("i", map(len, names))
        address = sizes.buffer_info()[0]
        text = b"".join(names)
        granted(self._library.learn(self._handle, text, address, flags, len(names)))

    def take(self, first: int) -> Sequence[Any]:
        """The rows of tables stacks and frames for those fed last, numbered from `first` on."""
        address = self._borders.buffer_info()[0]
        take = partial(self._library.take, self._handle, first, self._text, address)
        return given(take, 2)


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
        self._written = self._last
        # By digest, for their texts take as much memory as the dump.
        self._ids: dict[bytes, int] = {}
        self._not_in_table: list[tuple[bytes, int]] = []
        self._unwritten: list[bytes] = []
        self._forget_lines()

    def ids(self, texts: Iterable[str]) -> list[int]:
        """The number of each stack, given as `stack_text` calls it; new ones are kept."""
        found = self.number(texts)
        self.write()
        return found

    def number(self, texts: Iterable[str]) -> list[int]:
        """As `ids`, but new ones are kept only when `write` is called."""
        named = [(_digest(text), text) for text in map(str.encode, texts)]
        self._recall([digest for digest, _ in named if digest not in self._ids])
        for digest, text in named:
            if digest not in self._ids:
                self._last += 1
                self._ids[digest] = self._last
                self._not_in_table.append((digest, self._last))
                self._unwritten.append(text)
        found = [self._ids[digest] for digest, _ in named]
        if len(self._ids) > AT_HAND:
            self._spill()
        return found

    def write(self) -> None:
        """Put the new stacks into the tables."""
        for texts in _portions(self._unwritten):
            self._write(texts)
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

    def _forget_lines(self) -> None:
        self._lines = StackLines()
        # Rows of table frames without their stack, for each line.
        self._read: list[Any] = []
        self._read_count = self._remembered = 0

    def _write(self, texts: Sequence[bytes]) -> None:
        if self._remembered > REMEMBERED:
            self._forget_lines()
        # Stacks have most of their lines in common: each is read once.
        if new := self._lines.feed(texts):
            self._learn(new)
        stacks, frames = self._lines.take(self._written + 1)
        self._database.append("stacks", stacks)
        self._written += len(texts)
        if self._read:
            self._database.feed("new_lines", batches(self._read))
            self._database.feed("new_frames", frames)
            self._database.run(statement("load/frames"))

    def _learn(self, lines: Sequence[str]) -> None:
        """Read lines into frames: all but the end markers of old kernels' stacks."""
        frames = [read_frame(line) for line in lines]
        base = self._base_functions({frame.function for frame in frames if frame})
        names = [frame and base.get(frame.function) for frame in frames]
        pairs = list(zip(frames, names, strict=True))
        self._lines.learn(
            [_shown(frame, name) for frame, name in pairs],
            bytes(_flags(name or "") if frame else _NO_FRAME for frame, name in pairs),
        )
        rows = zip(*(frame or Frame(None) for frame in frames), strict=True)
        columns = {
            name: (kind, column)
            for (name, kind), column in zip(_LINE_KINDS.items(), rows, strict=True)
        }
        numbers = range(self._read_count, self._read_count + len(lines))
        self._read.append(
            table({"number": ("int32", numbers), **columns, "base_function": ("text", names)})
        )
        self._read_count += len(lines)
        self._remembered += sum(map(len, lines)) + BESIDE * len(lines)

    def _base_functions(self, functions: Iterable[str | None]) -> dict[str | None, str]:
        names = [name for name in functions if name is not None]
        self._database.feed("new_functions", table({"name": ("text", names)}))
        return dict(
            self._database.rows("SELECT name, base_function(name) FROM new_functions")
            if names
            else ()
        )


def _shown(frame: Frame | None, base_function: str | None) -> str:
    """What `stacks.function_stack` has of a line."""
    if frame is None or base_function is not None:
        return base_function or ""
    return f"0x{frame.address:X}"


def _has_no_lines(text: bytes) -> bool:
    return not text or (text.startswith(b"handle ") and _STAND_IN.fullmatch(text) is not None)


def _digest(text: bytes) -> bytes:
    """As load_stacks has it."""
    return sha256(text).digest()[:16]


def _portions(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """The stacks in their order, some MiB of text at a time."""
    start = size = 0
    for at, text in enumerate(texts, 1):
        size += len(text)
        if size > TOGETHER or at == len(texts):
            yield texts[start:at]
            start, size = at, 0
