"""The kernel's MAINTAINERS file: whose a source file is.

It is read as scripts/get_maintainer.pl reads it; K: patterns match contents and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TAG = re.compile(r"([A-Z]):\s+(\S.*)")
_HEAD = re.compile(r"^[A-Z]:\t", re.MULTILINE)
_REST = "THE REST"


class FilePattern(NamedTuple):
    """A pattern of F: or X:, the regular expression of the start of a path, and its slashes.

    `slashes` is None where the pattern is of all that lies below a folder.
    """

    text: str
    regex: re.Pattern[str]
    slashes: int | None

    def fits(self, path: str) -> bool:
        """Whether a path is one of the pattern's."""
        if self.regex.match(path) is None:
            return False
        return self.slashes is None or path.count("/") == self.slashes


@dataclass(frozen=True)
class Entry:
    """An entry: its name, state, people and lists, and the files that are its own."""

    name: str
    status: str
    people: tuple[str, ...]
    lists: tuple[str, ...]
    files: tuple[FilePattern, ...]
    excluded: tuple[FilePattern, ...]
    names: tuple[re.Pattern[str], ...]

    @property
    def mail(self) -> str:
        """Whom to write to: people, then lists."""
        return ", ".join((*self.people, *self.lists))

    @property
    def patterns(self) -> list[tuple[str, str]]:
        """The tags and values of the lines about files."""
        return [
            *(("F", each.text) for each in self.files),
            *(("N", each.pattern) for each in self.names),
            *(("X", each.text) for each in self.excluded),
        ]

    def closeness(self, path: str) -> int | None:
        """How closely the entry's best pattern names a path; None where it is not its own."""
        if any(pattern.fits(path) for pattern in self.excluded):
            return None
        found = [_depth(pattern.text) for pattern in self.files if pattern.fits(path)]
        if any(name.search(path) for name in self.names):
            found.append(1)
        return max(found, default=None)


def _depth(pattern: str) -> int:
    """How deep a pattern goes: what is named deeper is nearer. Letters count below folders."""
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return pattern.rstrip("/").count("/") * 1000 + len(literal) + 2


def is_maintainers(text: str) -> bool:
    """Whether a text has the lines of the kernel's MAINTAINERS file."""
    return len(_HEAD.findall(text)) > 2


def read_maintainers(text: str) -> list[Entry]:
    """Every entry that has files, in the file's order; what is written above them is left out."""
    entries = []
    name, tags = "", []  # type: str, list[tuple[str, str]]
    for line in [*text.splitlines(), ""]:
        found = _TAG.fullmatch(line.rstrip())
        if found:
            tags.append((found[1], found[2]))
        elif line.strip():
            name, tags = line.strip(), []
        elif name and tags:
            entries.append(entry_of(name, tags))
            name, tags = "", []
    return [entry for entry in entries if entry.files or entry.names]


def entry_of(name: str, tags: Iterable[tuple[str, str]]) -> Entry:
    """An entry from its lines: tags and values."""
    tags = list(tags)

    def values(tag: str) -> tuple[str, ...]:
        return tuple(value for each, value in tags if each == tag)

    return Entry(
        name=name,
        status=", ".join(values("S")),
        people=values("M"),
        lists=tuple(value.split()[0] for value in values("L")),
        files=tuple(map(_pattern, values("F"))),
        excluded=tuple(map(_pattern, values("X"))),
        names=tuple(filter(None, map(_compiled, values("N")))),
    )


def _pattern(text: str) -> FilePattern:
    first, *others = (
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", text)
    )
    # The start of a path is matched, so the nearest place of each part is as good as any other.
    regex = first + "".join(f"(?>.*?{part})" for part in others)
    below = text.endswith("/") or "**" in text
    return FilePattern(text, re.compile(regex), None if below else text.count("/"))


# Two of them, or one behind a group, can be tried in very many ways.
_REPEATED = re.compile(r"[*+{]|(?<!\()\?")
_REPEATED_GROUP = re.compile(r"\)[*+{?]")


def _compiled(text: str) -> re.Pattern[str] | None:
    if len(_REPEATED.findall(text)) > 1 or _REPEATED_GROUP.search(text):
        return None
    try:
        return re.compile(text)
    except re.error:
        return None


class Maintainers:
    """Finds the entries of paths. Entries are looked up by the first folder of their patterns."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._everywhere: list[Entry] = []
        self._below: dict[str, list[Entry]] = {}
        for entry in entries:
            tops = {_top(pattern.text) for pattern in entry.files}
            if entry.names or "" in tops:
                self._everywhere.append(entry)
                continue
            for top in tops:
                self._below.setdefault(top, []).append(entry)

    def of(self, path: str) -> list[Entry]:
        """The entries of a path, the nearest first; THE REST only where there is no other."""
        wanted = [*self._below.get(path.partition("/")[0], ()), *self._everywhere]
        found = [(near, entry) for entry in wanted if (near := entry.closeness(path)) is not None]
        found.sort(key=lambda each: (each[1].name == _REST, -each[0], each[1].name))
        return [entry for _, entry in found]


def _top(pattern: str) -> str:
    """The first folder of a pattern; empty where it may be any."""
    first = pattern.partition("/")[0]
    return "" if re.search(r"[*?\[]", first) else first


def entries_of(entries: Sequence[Entry], paths: Sequence[str]) -> Iterator[tuple[str, int, Entry]]:
    """Each path with its entries and their places, 0 for the nearest."""
    found = Maintainers(entries)
    for path in paths:
        for place, entry in enumerate(found.of(path)):
            yield path, place, entry
