"""Files that a user names: found, opened and looked at once, and read on from there."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.sniff import HEAD as SNIFFED
from pageowner_sql.dump.sniff import sniff_kind
from pageowner_sql.dump.source import Source, open_source
from pageowner_sql.errors import InputError

if TYPE_CHECKING:
    from pageowner_sql.dump.record_reader import RecordStream

# The stretch at a text's beginning whose hash table `dumps` keeps.
HEAD = 1 << 20
_PIECE = 4 << 20

_NUMBER = re.compile(r"(\d+)")


def is_span(word: str) -> bool:
    """Whether a word stands for the samples of a span of time, `@FROM..TO`."""
    return word.startswith("@") and ".." in word


class Head(NamedTuple):
    """The SHA-256 of a text's first MiB, in hex, and the text's size where that is known so early.

    Only a whole text of less than a MiB and an uncompressed file tell their size.
    """

    sha256: str
    bytes: int | None


class InputFile:
    """A file that a user named; `path` is as it was given, `-` is stdin.

    It is opened when it is first looked at, and what was looked at is not read again. Close it.
    `stream`: its records, where reading them has begun.
    """

    # Whether the database has what it says in another form.
    is_kept = False

    def __init__(self, path: str) -> None:
        self.path = path
        self._source: Source | None = None
        self.stream: RecordStream | None = None

    @cached_property
    def can_be_read_twice(self) -> bool:
        """True for a regular file that has a size: no stdin, no FIFO, no live debugfs file."""
        if self.path == "-":
            return False
        try:
            info = os.stat(self.path)  # noqa: PTH116  # a Path would drop the ./ that messages repeat
        except OSError:
            return False
        return stat.S_ISREG(info.st_mode) and info.st_size > 0

    def open(self) -> Source:
        """The file's text, from its beginning. Raises InputError where it cannot be opened."""
        if self._source is None:
            self._source = open_source(self.path)
        return self._source

    @cached_property
    def kind(self) -> Kind:
        """What the file is. Raises InputError where it cannot be read."""
        return sniff_kind(self._peek(SNIFFED))

    @cached_property
    def head(self) -> Head:
        """What tells most files apart. Raises InputError where it cannot be read."""
        source = self.open()
        text = self._peek(HEAD)[:HEAD]
        known = len(text) if len(text) < HEAD else None if source.compression else source.size
        return Head(hashlib.sha256(text).hexdigest(), known)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the whole text, in hex. Raises InputError where it cannot be read."""
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()

    def pieces(self) -> Iterator[memoryview]:
        """The whole text; a piece is good until the next. Raises InputError as reading does."""
        buffer = memoryview(bytearray(_PIECE))
        try:
            source = self.open()
            while count := source.fill(buffer):
                yield buffer[:count]
        finally:
            self.close()

    def read_ahead(self) -> None:
        """Begin to read the records of a dump in the kernel's own form; of others, nothing."""
        from pageowner_sql.dump.kernel_form import has_kernel_form

        # Whoever loads it is told what is wrong.
        with suppress(InputError):
            if not self.can_be_read_twice or self.kind is not Kind.PAGE_OWNER:
                return
            if has_kernel_form(self.open()):
                from pageowner_sql.dump.record_reader import RecordStream

                self.stream = RecordStream(self.open())
                self.stream.start()

    def _peek(self, size: int) -> bytes:
        try:
            return self.open().peek(size)
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        """Close what is open; looking at it again opens it again."""
        if self.stream is not None:
            self.stream.stop()
            self.stream = None
        if self._source is not None:
            self._source.close()
            self._source = None


def looks_like(file: InputFile) -> Kind:
    """What a file is; UNKNOWN where it cannot be read, or not without using it up."""
    try:
        return file.kind if file.can_be_read_twice else Kind.UNKNOWN
    except InputError:
        return Kind.UNKNOWN


def natural(path: str) -> list[tuple[bool, int, str]]:
    """A sort key under which t2 comes before t10."""
    parts = _NUMBER.split(path)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def expand(words: Sequence[str]) -> Iterator[tuple[InputFile, str]]:
    """Each file meant by `words` and '', or the reason to skip it.

    A word is a file, `-`, a folder (searched, files that are not dumps are skipped) or a glob.
    Raises InputError for a word that means no file.
    """
    for word in words:
        if not word:
            raise InputError("the input file has an empty name")
        path = Path(word)
        if path.is_dir():
            yield from _folder(word)
        elif word == "-" or path.exists() or path.is_symlink():
            yield InputFile(word), ""
        elif matches := sorted(glob.glob(word, recursive=True), key=natural):  # noqa: PTH207  # the user's own text, ./ and all
            yield from expand(matches)
        else:
            what = "no file matches" if glob.has_magic(word) else "no such file"
            raise InputError(f"{word}: {what}")


class Survey(NamedTuple):
    """How much lies in folders, whatever it is."""

    files: int
    bytes: int


def survey(words: Sequence[str]) -> Survey | None:
    """How much lies in the folders among `words`; None where none is a folder."""
    folders = [word for word in words if word and Path(word).is_dir()]
    if not folders:
        return None
    files = size = 0
    for path in (path for folder in folders for path in _paths(folder)):
        with suppress(OSError):
            files, size = files + 1, size + os.stat(path).st_size  # noqa: PTH116  # a million of them
    return Survey(files, size)


def _folder(folder: str) -> Iterator[tuple[InputFile, str]]:
    for path in _paths(folder):
        file = InputFile(path)
        yield file, _why_not(file)


def _paths(folder: str) -> Iterator[str]:
    """The files of a folder, then those of the folders in it; hidden ones are not looked at."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted((name for name in folders if name[0] != "."), key=natural)
        for name in sorted((name for name in names if name[0] != "."), key=natural):
            yield os.path.join(where, name)  # noqa: PTH118  # a Path would drop the ./


def _why_not(file: InputFile) -> str:
    """Why a file found in a folder is not a dump to load; '' where it looks like one."""
    if not file.can_be_read_twice:
        return "no regular file, or empty"
    try:
        kind = file.kind
    except InputError as error:
        return str(error).removeprefix(f"{file.path}: ")
    if kind in ACCOUNT_KINDS:
        return f"a {kind} file; which dump it belongs to is not known: load DUMP --with {file.path}"
    if kind is Kind.UNKNOWN:
        return "" if _is_posted(file) else "no dump"
    return "no dump" if kind is Kind.DMESG and not _has(file, _REPORT) else ""


# What tells of pages in a kernel log; most have nothing of the kind.
_REPORT = re.compile(rb"page (?:last )?allocated via order ")
# What a posted text that can be read holds somewhere, in one encoding or another.
_SIGN = re.compile(
    rb"allocated\s+via\s+order\b|nr_base_pages: |stack_count: |[0-9] times, [0-9]"
    rb"|a\0?l\0l\0o\0c\0a\0t\0e\0d\0 \0v\0i\0a\0|n\0r\0_\0b\0a\0s\0e\0_"
)


def _has(file: InputFile, sign: re.Pattern[bytes]) -> bool:
    """Whether a sign stands anywhere in a file."""
    kept = b""
    for piece in file.pieces():
        text = kept + piece
        if sign.search(text):
            return True
        kept = text[-256:]
    return False


def _is_posted(file: InputFile) -> bool:
    """Whether a file that is of no kind holds one of them as people post it."""
    if not _has(file, _SIGN):
        return False
    from pageowner_sql.dump.posted.text import find_posted

    try:
        return find_posted(file.open()) is not None
    finally:
        file.close()
