"""Completion by Tab: names in SQL, queries and their parameters, formats, files, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.formats import BINARY, Format
from pageowner_sql.output.plain import printable
from pageowner_sql.shell.dots import DOTS
from pageowner_sql.shell.session import Name, ShellSession
from pageowner_sql.shell.words import identifier, is_dot
from pageowner_sql.sql.catalog import NamedQuery

# Characters before the cursor that are looked at: the patterns take the square of a pasted word.
_NEAR = 2000
_WORD = re.compile(r"\w*$")
_DOTTED = re.compile(r"(\w+)\.(\w*)$")
# A table or table macro after FROM or JOIN, and its alias.
_FROM = re.compile(
    r"\b(?:from|join)\s+(\w+)(?:\s*\([^()]*\))?(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE
)
# The column before an open quote: col = '…, col IN ('a', '….
_COMPARED = re.compile(
    r"(\w+)\"?\s*(?:=|<>|!=|\b(?:not\s+)?(?:i?like|in)\b)\s*\(?(?:\s*'[^']*'\s*,)*\s*'[^']*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'((?:[^']|'')*)$")


class ShellCompleter(Completer):
    """Completes from the current content of the database and the catalog."""

    def __init__(self, session: ShellSession) -> None:
        self.session = session

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """All completions of the word before the cursor."""
        try:
            text = document.text_before_cursor
            if is_dot(text):
                yield from self._dot(text.lstrip(), complete_event)
            elif (quoted := _open_quote(text)) is not None:
                yield from self._quoted(text[-_NEAR:], quoted)
            elif found := _DOTTED.search(text[-_NEAR:]):
                yield from self._columns(document.text, found[1], found[2])
            else:
                yield from self._sql(text[-_NEAR:])
        except PageOwnerError:
            # A locked database offers no completions.
            return

    def _sql(self, text: str) -> Iterator[Completion]:
        found = _WORD.search(text)
        word = found.group() if found else ""
        for name in self.session.names:
            if name.name.lower().startswith(word.lower()):
                yield _completion(_said(name, word), word, name.name, name.comment or name.kind)

    def _columns(self, text: str, alias: str, word: str) -> Iterator[Completion]:
        """The columns of the table that is called `alias` in the statement."""
        tables = [found[1] for found in _FROM.finditer(text) if alias in (found[1], found[2])]
        for name in self.session.columns(tables[-1] if tables else alias):
            if name.name.lower().startswith(word.lower()):
                yield _completion(_said(name, word), word, name.name, name.comment or name.kind)

    def _quoted(self, text: str, started: str) -> Iterator[Completion]:
        """The values of the column that is compared with what stands in the quotes, else labels."""
        found = _COMPARED.search(text)
        column = found[1].lower() if found else "dump"
        values = self.session.values(column, started.replace("''", "'"))
        if not values:
            yield from self._labels(started)
        for value in values:
            if printable(value) == value:
                yield _completion(value.replace("'", "''") + "'", started, value, column)

    def _labels(self, started: str) -> Iterator[Completion]:
        for label in self.session.labels:
            written = label.replace("'", "''")
            if written.startswith(started) and printable(label) == label:
                yield _completion(written + "'", started, label, "dump")

    def _dot(self, text: str, event: CompleteEvent) -> Iterator[Completion]:
        name, space, rest = text.partition(" ")
        word = rest.rpartition(" ")[2]
        if not space:
            found = [(dot.name, dot.does) for dot in DOTS]
            word = name
        elif name == ".read":
            yield from PathCompleter(expanduser=True).get_completions(Document(rest), event)
            return
        else:
            found = list(self._arguments(name, rest))
            if name in _ABOUT_DUMPS and not word.startswith("-"):
                found = [(label, "dump") for label in self.session.labels]
        for each, meaning in found:
            if each.startswith(word):
                yield _completion(each, word, each, meaning)

    def _arguments(self, name: str, rest: str) -> Iterator[tuple[str, str]]:
        first, space, _ = rest.partition(" ")
        if name == ".mode":
            yield from ((form.value, "format") for form in Format if form not in BINARY)
        elif name == ".schema":
            objects = (each for each in self.session.names if each.kind in _OBJECTS)
            yield from ((each.name, each.comment or each.kind) for each in objects)
        elif name == ".query" and space:
            params = self.session.catalog.find(first).params
            yield from ((f"{param.name}=", param.help) for param in params)
        elif name in (".query", ".help"):
            good = (each for each in self.session.catalog if isinstance(each, NamedQuery))
            yield from ((query.name, query.title) for query in good)


_ABOUT_DUMPS = (".top", ".diff", ".leaks", ".flame", ".map", ".report")
_OBJECTS = ("table", "view", "macro")


def _open_quote(text: str) -> str | None:
    """The text after an open quote, or None without one."""
    if text.count("'") % 2 == 0:
        return None
    found = _QUOTED.search(text)
    return found[1] if found else None


def _said(name: Name, word: str) -> str:
    """The name as inserted into SQL: keywords keep the case of what was typed."""
    if name.kind == "keyword":
        return name.name.lower() if word.islower() else name.name
    return identifier(name.name)


def _completion(text: str, word: str, display: str, meaning: str) -> Completion:
    return Completion(
        text,
        start_position=-len(word),
        display=printable(display),
        display_meta=printable(meaning.partition(". ")[0]),
    )
