"""Results on the terminal: safe to display, and in a pager if they are long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.output.formats import BINARY, ENDINGS, Format
from pageowner_sql.output.pager import open_pager
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output, write_rows, write_text
from pageowner_sql.output.units import count
from pageowner_sql.temp_files import temp_folder

if TYPE_CHECKING:
    from pageowner_sql.store.stream import Stream


def say(message: str) -> None:
    """Write one line to stderr, with control characters spelled out."""
    sys.stdout.flush()
    sys.stderr.write(f"{printable(message)}\n")
    sys.stderr.flush()


def mode(word: str) -> Format:
    """The format of that name. Raises UsageError for an unknown or unreadable one."""
    readable = [form for form in Format if form not in BINARY]
    if word not in readable:
        raise UsageError(f".mode {word}: unknown format; known: {', '.join(readable)}")
    return Format(word)


def show(stream: Stream, form: Format, limit: int | None = None) -> None:
    """Show the rows of a result and their number."""
    written = None
    if form in (Format.TABLE, Format.MARKDOWN):
        sys.stdout.flush()
        with suppress(BrokenPipeError), open_pager(sys.stdout.buffer) as screen:
            written = write_text(stream, screen, form, limit, null="NULL")
    else:
        with temp_folder() as folder:
            path = folder / "rows"
            written = write_rows(stream, Output(form, str(path)))
            with path.open(encoding="utf-8", newline="") as file:
                page(_inert(file))
    if written is None:
        # The user has quit the pager before the last row.
        return
    only = f" ({written.shown} shown)" if written.shown < written.rows else ""
    say(f"{some_rows(written.rows)}{only}")


def write(stream: Stream, file: str, form: Format, limit: int | None = None) -> None:
    """Write the rows of a result to a file, in the format of its ending, else `form`.

    Raises InputError where that fails; the file is then as it was.
    """
    chosen = None if file.endswith(tuple(ENDINGS)) else form
    # A file has all rows, where nobody said how many.
    output = Output(chosen, file, limit or 0)
    try:
        written = write_rows(stream, output)
    except OSError as error:
        raise InputError(f"{file}: cannot be written: {error.strerror or error}") from error
    say(f"{file}: {some_rows(written.shown)}")


def some_rows(number: int) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count(number)} row{'' if number == 1 else 's'}"


def _inert(file: IO[str]) -> Iterator[str]:
    """The lines of a file, with control characters spelled out."""
    for line in file:
        cells = line.rstrip("\r\n").split("\t")
        yield "\t".join(map(printable, cells)) + "\n"


def page(lines: Iterator[str]) -> None:
    """Print lines, through the pager if they do not fit on the terminal."""
    with suppress(BrokenPipeError), open_pager(sys.stdout.buffer) as screen:
        for line in lines:
            screen.write(line.encode(errors="backslashreplace"))
    sys.stdout.flush()
