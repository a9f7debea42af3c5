"""Reading a dump while Typer and DuckDB are imported and the database opened: most of a load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pageowner_sql.dump.identity import can_be_read_twice
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.posted.text import is_kernel_form
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import open_source
from pageowner_sql.dump.stream import DigestStream
from pageowner_sql.errors import InputError
from pageowner_sql.native.library import keep_memory


class Ahead:
    """The dump at `path`, being read; nobody can take it twice."""

    def __init__(self) -> None:
        self.path: str | None = None
        self._stream: DigestStream | None = None
        self._open = ExitStack()

    def begin(self, path: str) -> bool:
        """Begin to read if that is a page_owner dump and can be read again; whether it is.

        Whatever is wrong with it is told by who loads it.
        """
        if not can_be_read_twice(path):
            return False
        with ExitStack() as opened:
            try:
                source = opened.enter_context(open_source(path))
                stream = opened.enter_context(DigestStream(source))
                head = source.peek(HEAD)
                if sniff_kind(head) is not Kind.PAGE_OWNER or not is_kernel_form(
                    head, whole=len(head) < HEAD
                ):
                    return False
            except InputError:
                return False
            keep_memory()
            stream.start()
            self.path, self._stream, self._open = path, stream, opened.pop_all()
        return True

    def take(self, path: str) -> DigestStream | None:
        """The stream of the dump at `path`, None where that is not being read."""
        if self._stream is None or path != self.path:
            return None
        stream, self._stream = self._stream, None
        return stream

    def close(self) -> None:
        """Stop reading what nobody wants any more."""
        self._open.close()
        self.path = self._stream = None


_early = Ahead()


@contextmanager
def reading_early(words: Sequence[str]) -> Iterator[None]:
    """What may be the first input of `load` is being read before its options are understood."""
    any(_early.begin(word) for word in words if not word.startswith("-"))
    try:
        yield
    finally:
        _early.close()


@contextmanager
def reading_ahead(inputs: Sequence[str]) -> Iterator[Ahead]:
    """The first of the inputs, being read if that has begun or can begin now."""
    if inputs and _early.path != inputs[0]:
        _early.close()
        _early.begin(inputs[0])
    try:
        yield _early
    finally:
        _early.close()
