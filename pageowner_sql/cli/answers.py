"""What every command with rows does at the end: show the SQL, or run it and write the rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from pageowner_sql.cli.shared import say
from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output, RowCounts, write_rows, write_text
from pageowner_sql.output.table import is_terminal
from pageowner_sql.output.targets import binary_output
from pageowner_sql.output.trend import Trend
from pageowner_sql.output.units import count

if TYPE_CHECKING:
    from pageowner_sql.api import Session
    from pageowner_sql.questions.result import Result
    from pageowner_sql.store.stream import Stream
    from pageowner_sql.workspace import Workspace

# What fits a screen or two; other formats give everything.
TABLE_LIMIT = 20


def answer(session: Session, result: Result, output: Output) -> int:
    """Write a result as `output` says, or its SQL where the session is dry; how many rows."""
    if session.dry:
        show_sql(session, result.sql, output)
        return 0
    seen = _is_seen(output)
    trend = result.trend() if seen else None
    owners = result.owner_places() if seen and not output.full_stack else None
    rows = write(result.stream, output, result.caption(), trend, owners)
    for line in result.notes():
        say(line)
    return rows


def _is_seen(output: Output) -> bool:
    """Whether rows become a table on a terminal, where pictures can stand beside them."""
    return output.chosen is Format.TABLE and output.target in (None, "-") and is_terminal()


def show_sql(session: Session, sql: str, output: Output) -> None:
    """Print SQL, to the file that rows would go to, and what it takes to be loaded."""
    say_assumed(session)
    show(sql, output)


def say_assumed(opened: Session | Workspace) -> None:
    """Print, as comments of the SQL that follows, which files it takes to be loaded."""
    for path in opened.assumed:
        print(f"-- over the tables as they are after: pageowner-sql load {printable(path)}")  # noqa: T201  # a part of the SQL


def row_limit(output: Output) -> int | None:
    """How many rows to ask for: what was given, else 20 for a table; None for all."""
    if output.limit is None:
        return TABLE_LIMIT if output.chosen is Format.TABLE else None
    return output.limit or None


def show(sql: str, output: Output) -> None:
    """Print SQL, to the file that rows would go to."""
    with binary_output(output.target) as file:
        file.write(sql.encode())


def write(
    stream: Stream,
    output: Output,
    caption: str | None = None,
    trend: Trend | None = None,
    owners: Mapping[int, int] | None = None,
) -> int:
    """Write rows as `output` says, and say on stderr what is not seen; how many rows.

    `caption` stands below a table, else on stderr; `trend` and `owners` are for a table only.
    """
    written = write_rows(stream, output, caption, trend, owners)
    if caption is not None and output.chosen is not Format.TABLE:
        say(caption)
    _say_written(written, output, say)
    return written.rows


def write_all(streams: Iterable[Stream], output: Output) -> int | None:
    """Write the rows of each result; how many rows of the database changed, None where none could.

    Tables follow each other. Raises UsageError where another format would have to take two results.
    """
    said: list[str] = []
    try:
        return _write_all(streams, output, said.append)
    finally:
        # A pager has the terminal before.
        for line in said:
            say(line)


def _write_all(
    streams: Iterable[Stream], output: Output, tell: Callable[[str], None]
) -> int | None:
    if output.chosen not in (Format.TABLE, Format.MARKDOWN):
        return _each(streams, lambda stream: write_rows(stream, output), output, tell)
    with binary_output(output.target) as file:
        apart = itertools.chain([b""], itertools.repeat(b"\n"))

        def write_one(stream: Stream) -> RowCounts:
            file.write(next(apart))
            return write_text(stream, file, output.chosen, output.limit, null="NULL")

        return _each(streams, write_one, output, tell)


def _each(
    streams: Iterable[Stream],
    write_one: Callable[[Stream], RowCounts],
    output: Output,
    tell: Callable[[str], None],
) -> int | None:
    changed = None
    seen = 0
    for stream in streams:
        if stream.gives_rows:
            seen += 1
            if seen > 1 and output.chosen not in (Format.TABLE, Format.MARKDOWN):
                raise UsageError(f"--format {output.chosen}: takes the rows of one statement only")
            _say_written(write_one(stream), output, tell)
        else:
            counts = [row[0] for row in stream.rows() if stream.columns[0].name == "Count"]
            changed = sum(counts, changed or 0) if counts else changed
    return changed


def _say_written(written: RowCounts, output: Output, tell: Callable[[str], None]) -> None:
    if written.shown < written.rows:
        tell(f"{count(written.rows)} rows ({written.shown} shown); --limit 0 shows all")
    if output.target not in (None, "-"):
        tell(f"{printable(str(output.target))}: {count(written.rows)} rows")
