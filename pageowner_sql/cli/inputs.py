"""What people name as input -> the files that it means."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pageowner_sql.dump.identity import can_be_read_twice, read_head
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.page_reports import HEADER_START as PAGE_REPORT
from pageowner_sql.dump.source import open_source
from pageowner_sql.errors import InputError

_NUMBER = re.compile(r"(\d+)")


def natural(path: str) -> list[tuple[bool, int, str]]:
    """A sort key under which t2 comes before t10."""
    parts = _NUMBER.split(path)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def expand(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each file meant by `words` and '', or the reason why it is skipped.

    A word is a file, `-`, a folder (searched through, what is no dump is skipped) or a glob.
    Raises InputError for a word that means no file.
    """
    for word in words:
        if not word:
            raise InputError("an empty name is no file")
        path = Path(word)
        if path.is_dir():
            yield from _folder(word)
        elif word == "-" or path.exists() or path.is_symlink():
            yield word, ""
        elif matches := sorted(glob.glob(word, recursive=True), key=natural):  # noqa: PTH207  # the user's own text, ./ and all
            yield from expand(matches)
        else:
            what = "no file matches" if glob.has_magic(word) else "no such file"
            raise InputError(f"{word}: {what}")


def _folder(folder: str) -> Iterator[tuple[str, str]]:
    """The files of a folder, then those of the folders in it; hidden ones are not looked at."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted((name for name in folders if name[0] != "."), key=natural)
        for name in sorted((name for name in names if name[0] != "."), key=natural):
            path = os.path.join(where, name)  # noqa: PTH118  # a Path would drop the ./
            yield path, _why_not(path)


def _why_not(path: str) -> str:
    """Why a file found in a folder is no dump to load; '' where it looks like one."""
    if not can_be_read_twice(path):
        return "no regular file, or empty"
    try:
        kind = read_head(path).kind
    except InputError as error:
        return str(error).removeprefix(f"{path}: ")
    if kind in ACCOUNT_KINDS:
        return f"a {kind} file; which dump it belongs to is not known: load DUMP --with {path}"
    if kind is Kind.UNKNOWN or (kind is Kind.DMESG and not _has_page_report(path)):
        return "no dump"
    return ""


def _has_page_report(path: str) -> bool:
    """Whether a kernel log tells who owned a page; most have nothing of the kind."""
    kept = b""
    buffer = memoryview(bytearray(1 << 20))
    with open_source(path) as source:
        while count := source.fill(buffer):
            text = kept + buffer[:count]
            if PAGE_REPORT.search(text):
                return True
            kept = text[-256:]
    return False
