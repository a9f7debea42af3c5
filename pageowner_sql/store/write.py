"""Results into files by DuckDB's own writers, streamed by way of a connection of their own."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.store.interrupts import Config, check_stop, connect
from pageowner_sql.store.stream import FETCH, Column, Errors, Stream


class FileFormat(StrEnum):
    """What is written here. ARROWS is Arrow's stream format, JSONL one object a line."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARROW = "arrow"
    ARROWS = "arrows"


# Only strings are quoted, where they must be; NULL is written as nothing, the empty string as "".
_OPTIONS = {
    FileFormat.CSV: "FORMAT csv, HEADER true",
    FileFormat.TSV: "FORMAT csv, HEADER true, DELIMITER '\t'",
    FileFormat.JSON: "FORMAT json, ARRAY true",
    FileFormat.JSONL: "FORMAT json, ARRAY false",
    FileFormat.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}
_FLOATS = ("FLOAT", "DOUBLE")


class _Source:
    """A stream as DuckDB scans it. The query runs once, however often its schema is asked for.

    `error` is the one that the scan would wrap.
    """

    def __init__(self, stream: Stream | _Kept) -> None:
        self.stream = stream
        self.error: PageOwnerError | None = None

    @cached_property
    def opened(self) -> Any:
        import nanoarrow as na

        try:
            return na.c_array_stream(self.stream)
        except PageOwnerError as error:
            self.error = error
            raise

    def __arrow_c_schema__(self) -> Any:
        return self.opened.get_schema().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.opened.__arrow_c_stream__(requested_schema)


def write_file(stream: Stream, path: Path, form: FileFormat, limit: int | None = None) -> int:
    """Write the rows of `stream`, the first `limit` of them, to `path`; how many there were.

    `path` may be a pipe (`/dev/fd/N`). Memory in use does not grow with the number of rows.
    Raises what the stream raises, and OSError where the file cannot be written.
    """
    rows = "rows" if limit is None else f"(FROM rows LIMIT {limit:d})"
    with _scanned(stream, stream.errors) as writer:
        if form in (FileFormat.ARROW, FileFormat.ARROWS):
            return _write_arrow(writer, rows, path, form)
        chosen = _json_safe(stream.columns, writer, form)
        sql = f"COPY (SELECT {chosen} FROM {rows}) TO $path ({_OPTIONS[form]}, USE_TMP_FILE false)"  # noqa: S608  # names are quoted
        [(written,)] = writer.execute(sql, {"path": str(path)}).fetchall()
        return int(written)


def text_rows(stream: Stream) -> Generator[tuple[Any, ...]]:
    """The rows of `stream` for people: numbers as they are, all else as DuckDB writes it."""
    with _scanned(stream, stream.errors) as writer:
        yield from _texts(writer, stream.columns)


@dataclass(frozen=True)
class Ends:
    """The first and the last rows of a result, as `text_rows` gives them; `count`: of all."""

    first: Sequence[tuple[Any, ...]]
    last: Sequence[tuple[Any, ...]]
    count: int


def end_rows(stream: Stream, most: int) -> Ends:
    """Read all of `stream`, and keep `most` rows: all, or half from the start, half from the end.

    Rows in between are counted in Arrow's form, so that they cost next to nothing.
    """
    import nanoarrow as na

    with stream.errors():
        batches = na.c_array_stream(stream)
        kept = _Kept(batches.get_schema(), most)
        for batch in _batches(batches):
            check_stop()
            kept.add(batch)
    with _scanned(kept, stream.errors) as writer:
        rows = list(_texts(writer, stream.columns))
    return Ends(rows[: len(rows) - kept.after], rows[len(rows) - kept.after :], kept.count)


class _Kept:
    """The ends of a result in Arrow's form; `after` rows are from behind a gap."""

    def __init__(self, schema: Any, most: int) -> None:
        self._schema = schema
        self._most = most
        self._first: list[Any] = []
        self._last: list[Any] = []
        self.count = 0
        self.after = 0

    def add(self, batch: Any) -> None:
        """Take the next rows."""
        start = min(max(self._most - self.count, 0), len(batch))
        self.count += len(batch)
        if start:
            self._first.append(batch[:start])
        if start < len(batch):
            self._last = _last_rows([*self._last, batch[start:]], self._most // 2)
            self.after = self._most // 2

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        from nanoarrow.c_array_stream import CArrayStream

        first = self._first
        if self.after:
            missing = self.after - sum(map(len, self._last))
            first = _first_rows(first, self._most - self.after) + _last_rows(first, missing)
        rows = CArrayStream.from_c_arrays([*first, *self._last], self._schema)
        return rows.__arrow_c_stream__(requested_schema)


def _first_rows(batches: Sequence[Any], number: int) -> list[Any]:
    found = []
    for batch in batches:
        if number > 0:
            found.append(batch[:number] if len(batch) > number else batch)
            number -= len(batch)
    return found


def _last_rows(batches: Sequence[Any], number: int) -> list[Any]:
    found: list[Any] = []
    for batch in reversed(batches):
        if number > 0:
            found.insert(0, batch[-number:] if len(batch) > number else batch)
            number -= len(batch)
    return found


def _texts(
    writer: duckdb.DuckDBPyConnection, columns: Sequence[Column]
) -> Generator[tuple[Any, ...]]:
    names = writer.table("rows").columns
    others = [
        quoted(name) for name, column in zip(names, columns, strict=True) if not column.is_number
    ]
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in others)
    writer.execute(f"SELECT {f'* REPLACE ({texts})' if texts else '*'} FROM rows")  # noqa: S608  # names are quoted
    while rows := writer.fetchmany(FETCH):
        check_stop()
        yield from rows


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _scanned(stream: Stream | _Kept, errors: Errors) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own where table `rows` is the stream."""
    source = _Source(stream)
    config: Config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        # More would buffer what they read ahead of the one that writes: gigabytes of wide rows.
        "threads": 1,
        # Where reading fails half-way, a lone thread can wait for these for ever (DuckDB 2.0.0).
        "async_threads": 0,
        # Nothing here spills; the default is a folder where the command runs.
        "temp_directory": "",
    }
    with connect(":memory:", config) as writer, errors():
        try:
            writer.register("rows", source)
            yield writer
        except duckdb.Error as error:
            if source.error is not None:
                raise source.error from error
            _raise_os_error(error)
            raise


def _raise_os_error(error: duckdb.Error) -> None:
    """Raise what Python raises where output cannot be written: disk full, reader gone."""
    reasons = {os.strerror(number): number for number in errno.errorcode}
    reason = str(error).rpartition(": ")[2]
    if isinstance(error, duckdb.IOException) and reason in reasons:
        raise OSError(reasons[reason], reason) from error


def _json_safe(columns: tuple[Column, ...], writer: Any, form: FileFormat) -> str:
    """The columns to write: JSON has no NaN and no infinity, they become null."""
    if form not in (FileFormat.JSON, FileFormat.JSONL):
        return "*"
    names = writer.table("rows").columns
    floats = [
        quoted(name) for name, column in zip(names, columns, strict=True) if column.type in _FLOATS
    ]
    replaced = ", ".join(f"if(isfinite({name}), {name}, NULL) AS {name}" for name in floats)
    return f"* REPLACE ({replaced})" if replaced else "*"


def _write_arrow(writer: duckdb.DuckDBPyConnection, rows: str, path: Path, form: FileFormat) -> int:
    """Write Arrow's file or stream format: a batch at a time, as any Arrow library reads it."""
    import nanoarrow as na
    from nanoarrow.c_array_stream import CArrayStream
    from nanoarrow.ipc import StreamWriter

    from pageowner_sql.store.arrow_file import ArrowFile

    written = 0
    batches = na.c_array_stream(writer.sql(f"FROM {rows}"))
    # A result without rows still has its columns.
    nothing = CArrayStream.from_c_arrays([], batches.get_schema())
    with path.open("wb") as file, ExitStack() as stack:
        if form is FileFormat.ARROW:
            sink = stack.enter_context(ArrowFile(file, nothing))
        else:
            sink = stack.enter_context(StreamWriter.from_writable(file))
            sink.write_stream(nothing, write_schema=True)
        for batch in _batches(batches):
            sink.write_array(batch)
            written += len(batch)
    return written


def _batches(stream: Any) -> Iterator[Any]:
    """Each batch; what DuckDB says of an error comes as DuckDB's, not as the carrier's."""
    from nanoarrow._utils import NanoarrowException

    try:
        yield from stream
    except NanoarrowException as error:
        raise duckdb.Error(str(error)) from error
