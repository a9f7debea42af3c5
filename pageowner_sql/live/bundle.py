"""One file with a machine's records and all that belongs to their moment: a tar of pieces.

Members, in order: pageowner_sql/moment (facts, one NAME=VALUE a line), the small files by their
names, page_owner/000000 and on, which joined are the dump, what else was learnt, and
pageowner_sql/end, without which the bundle is cut short. live/capture.sh writes the same.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, NamedTuple, cast

from pageowner_sql.dump.sniff import BUNDLE_START
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError
from pageowner_sql.live.machine import LARGEST

MOMENT = BUNDLE_START.rstrip(b"\0").decode()
END = "pageowner_sql/end"
PIECES = "page_owner/"

_BLOCK = 512
_MOST_FILES = 100
# Characters of a label, a host's name and the like: they stand in every table of dumps.
_LONGEST_FACT = 1000


class BundleWriter:
    """Writes a bundle to a binary file. `end` must be called, or readers refuse it."""

    def __init__(self, file: BinaryIO, facts: Mapping[str, str]) -> None:
        self._file = file
        self._pieces = 0
        lines = (f"{name}={value}\n" for name, value in facts.items())
        self.add(MOMENT, "".join(lines).encode())

    def add(self, name: str, text: bytes) -> None:
        """Write one member."""
        self._file.write(_header(name, len(text)))
        self._file.write(text)
        self._file.write(bytes(-len(text) % _BLOCK))

    def add_piece(self, text: bytes) -> None:
        """Write the next piece of the dump."""
        self.add(f"{PIECES}{self._pieces:06}", text)
        self._pieces += 1

    def end(self) -> None:
        """Write the mark of a complete bundle."""
        self.add(END, b"pieces=%d\n" % self._pieces)
        self._file.write(bytes(2 * _BLOCK))


def _header(name: str, size: int) -> bytes:
    """The header of a ustar member."""
    parts = [name.encode().ljust(100, b"\0"), b"0000644\0", b"0000000\0" * 2]
    parts += [b"%011o\0" % size, b"%011o\0" % 0, b" " * 8, b"0", bytes(100), b"ustar\x0000"]
    header = b"".join(parts).ljust(_BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


class _Member(NamedTuple):
    name: str
    size: int


class Bundle(io.RawIOBase):
    """A bundle being read: `facts` and `files` first, then, as a stream, the text of the dump.

    `files` may grow until the stream has ended. Raises InputError where the bundle is damaged.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = 0
        self._padding = 0
        self._pieces = 0
        self._ended = False
        self.name = source.name
        self.files: dict[str, bytes] = {}
        self._names: set[str] = set()
        self._kept = 0
        self.facts: dict[str, str] = {}
        self._go_on()
        if MOMENT not in self.files:
            raise InputError(f"{self.name}: is not a bundle that capture made")
        said = self.files.pop(MOMENT).decode("utf-8", "backslashreplace").splitlines()
        if max(map(len, said), default=0) > _LONGEST_FACT:
            raise InputError(f"{self.name}: is not a bundle that capture made: a fact is too long")
        self.facts = {name: value for name, _, value in (line.partition("=") for line in said)}

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read more of the dump's text; 0 where the bundle is at its end, and whole."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._left and not self._ended:
            self._go_on()
        count = self._fill(view[: min(len(view), self._left)]) if self._left else 0
        self._left -= count
        if count and not self._left:
            self._skip_padding()
        return count

    def _go_on(self) -> None:
        """Read small files up to the next piece of the dump, or the end."""
        while (member := self._next_member()).name != END:
            self._padding = -member.size % _BLOCK
            if member.name.startswith(PIECES):
                self._pieces += 1
                self._left = member.size
                if member.size:
                    return
                continue
            self._keep(member)
        text = self._exactly(member.size)
        if text.split() != [b"pieces=%d" % self._pieces]:
            raise InputError(f"{self.name}: is damaged: pieces of the dump are missing")
        self._ended = True

    def _keep(self, member: _Member) -> None:
        self._kept += member.size
        if self._kept > LARGEST or len(self.files) > _MOST_FILES:
            raise InputError(f"{self.name}: is not a bundle that capture made: too much beside it")
        if member.name in self._names:
            raise InputError(f"{self.name}: is damaged: {member.name!r} is there twice")
        self._names.add(member.name)
        self.files[member.name] = self._exactly(member.size)
        self._skip_padding()

    def _next_member(self) -> _Member:
        header = self._exactly(_BLOCK)
        try:
            said = int(header[148:156].strip(b" \0"), 8)
            name = header[:100].rstrip(b"\0").decode("ascii")
            size = int(header[124:136].strip(b" \0"), 8)
        except ValueError as error:
            raise InputError(f"{self.name}: is damaged: no header where one belongs") from error
        if said != sum(header[:148]) + sum(header[156:]) + 8 * ord(" ") or size < 0:
            raise InputError(f"{self.name}: is damaged: a header was altered")
        return _Member(name, size)

    def _skip_padding(self) -> None:
        self._exactly(self._padding)

    def _exactly(self, size: int) -> bytes:
        if size > LARGEST:
            raise InputError(f"{self.name}: is not a bundle that capture made: too much beside it")
        buffer = bytearray(size)
        done = 0
        while done < size:
            done += self._fill(memoryview(buffer)[done:])
        return bytes(buffer)

    def _fill(self, view: memoryview) -> int:
        count = self._source.fill(view)
        if not count:
            raise InputError(f"{self.name}: is cut short: capture did not come to its end")
        return count


class BlockStream(io.RawIOBase):
    """Blocks of text as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = memoryview(b"")

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def close(self) -> None:
        """Let go of the blocks; a thread that still makes them notices when it hands one on."""
        if isinstance(self._blocks, Generator):
            with suppress(ValueError):
                self._blocks.close()
        super().close()

    def readinto(self, buffer: object) -> int:
        """Read more of the text."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._block = memoryview(block)
        count = min(len(view), len(self._block))
        view[:count] = self._block[:count]
        self._block = self._block[count:]
        return count
