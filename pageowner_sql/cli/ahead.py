"""Reading a dump while DuckDB is imported and the database opened: half a second of a load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pageowner_sql.dump.identity import can_be_read_twice
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import open_source
from pageowner_sql.dump.stream import DigestStream
from pageowner_sql.errors import InputError
from pageowner_sql.native.library import keep_memory


@dataclass
class Ahead:
    """The dump at `path`, being read; nobody can take it twice."""

    path: str | None = None
    stream: DigestStream | None = None

    def take(self, path: str) -> DigestStream | None:
        """The stream of the dump at `path`, None where that is not being read."""
        if self.stream is None or path != self.path:
            return None
        stream, self.stream = self.stream, None
        return stream


@contextmanager
def reading_ahead(words: Sequence[str]) -> Iterator[Ahead]:
    """Begin to read the first of the inputs if that is a page_owner dump and can be read again.

    Whatever is wrong with it is told by who loads it.
    """
    if not words or not can_be_read_twice(words[0]):
        yield Ahead()
        return
    try:
        source = open_source(words[0])
    except InputError:
        yield Ahead()
        return
    keep_memory()
    with source, DigestStream(source) as stream:
        try:
            begun = sniff_kind(source.peek(HEAD)) is Kind.PAGE_OWNER
        except InputError:
            begun = False
        if begun:
            stream.start()
        yield Ahead(words[0], stream) if begun else Ahead()
