"""Results on the terminal: safe to display, and in a pager if they are long."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING

from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import BINARY, Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output, write_rows, write_text
from pageowner_sql.output.units import count
from pageowner_sql.temp_files import temp_folder

if TYPE_CHECKING:
    from pageowner_sql.store.stream import Stream

# less: keep colours, cut long lines, quit if the text fits on one screen.
_PAGER = "less -RSFX"


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


def show(stream: Stream, form: Format) -> None:
    """Show the rows of a result and their number."""
    if form in (Format.TABLE, Format.MARKDOWN):
        screen = _Screen()
        written = write_text(stream, screen, form, None, null="NULL")
        page(iter(screen.getvalue().decode().splitlines(keepends=True)))
    else:
        with temp_folder() as folder:
            path = folder / "rows"
            written = write_rows(stream, Output(form, str(path)))
            with path.open(encoding="utf-8", newline="") as file:
                page(_inert(file))
    only = f" ({written.shown} shown)" if written.shown < written.rows else ""
    say(f"{some_rows(written.rows)}{only}")


def some_rows(number: int) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count(number)} row{'' if number == 1 else 's'}"


class _Screen(io.BytesIO):
    """Bytes for stdout, with its width and colours."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()


def _inert(file: IO[str]) -> Iterator[str]:
    """The lines of a file, with control characters spelled out."""
    for line in file:
        cells = line.rstrip("\r\n").split("\t")
        yield "\t".join(map(printable, cells)) + "\n"


def page(lines: Iterator[str]) -> None:
    """Print lines, through $PAGER if they do not fit on the terminal."""
    height = shutil.get_terminal_size().lines
    first = list(islice(lines, height - 1)) if sys.stdout.isatty() else []
    pager = shlex.split(os.environ.get("PAGER", _PAGER))
    if len(first) == height - 1 and pager and shutil.which(pager[0]):
        with _reader(pager) as sink:
            sink.writelines(first)
            sink.writelines(lines)
        return
    sys.stdout.writelines(first)
    sys.stdout.writelines(lines)
    sys.stdout.flush()


@contextmanager
def _reader(pager: list[str]) -> Iterator[IO[str]]:
    """The pager's input. The pager handles Ctrl-C while it runs."""
    reading = subprocess.Popen(
        pager, stdin=subprocess.PIPE, encoding="utf-8", errors="backslashreplace"
    )
    try:
        if reading.stdin is not None:
            with reading.stdin as sink:
                yield sink
    except BrokenPipeError:
        # The user has quit the pager.
        pass
    finally:
        reading.wait()
