"""Writes a result in any format, row by row: Rich draws tables, DuckDB writes files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pageowner_sql.output.cells import column
from pageowner_sql.output.formats import Format, chosen_format
from pageowner_sql.output.targets import binary_output, output_path
from pageowner_sql.output.trend import Trend

if TYPE_CHECKING:
    from pageowner_sql.store.stream import Stream

# A table is laid out in memory; nobody reads more rows than this.
TABLE_ROWS = 10_000


@dataclass(frozen=True)
class Output:
    """The output options of a call. `format` None: by the file's ending, or a table.

    `limit` None: the format's default; 0: all rows.
    """

    format: Format | None = None
    target: str | None = None
    limit: int | None = None

    @property
    def unlimited(self) -> Output:
        """The options without a limit, for rows that are limited already."""
        return replace(self, limit=None)

    @property
    def chosen(self) -> Format:
        """The format to use. Raises UsageError for an unknown ending."""
        return chosen_format(self.format, self.target)


@dataclass(frozen=True)
class Written:
    """The number of rows written; `cut`: a table without a limit had more rows."""

    rows: int
    cut: bool = False


def write_rows(
    stream: Stream, output: Output, caption: str | None = None, trend: Trend | None = None
) -> Written:
    """Write the rows of `stream` according to `output`.

    `caption` is a line below a table, `trend` is drawn next to its rows on a terminal; other
    formats have neither. Raises OSError and the stream's errors; a file is then unchanged.
    """
    form = output.chosen
    if form not in (Format.TABLE, Format.MARKDOWN):
        from pageowner_sql.store.write import FileFormat, write_file

        with output_path(output.target) as path:
            return Written(write_file(stream, path, FileFormat(form.value), output.limit or None))
    with binary_output(output.target) as file:
        return write_text(stream, file, form, output.limit, caption, trend)


def write_text(
    stream: Stream,
    file: BinaryIO,
    form: Format,
    limit: int | None,
    caption: str | None = None,
    trend: Trend | None = None,
) -> Written:
    """Write the rows of `stream` to `file` as TABLE or MARKDOWN; can be called repeatedly."""
    most = TABLE_ROWS if form is Format.TABLE and limit is None else limit or None
    from pageowner_sql.store.write import text_rows

    with closing(text_rows(stream)) as each:
        rows = _Counted(each, most)
        _write(file, stream, rows, form, caption, trend)
    return Written(rows.seen, limit is None and rows.cut)


class _Counted:
    """Counts rows and stops after `most`; `cut`: there were more."""

    def __init__(self, rows: Iterator[Sequence[Any]], most: int | None) -> None:
        self.rows = rows
        self.most = most
        self.seen = 0
        self.cut = False

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in islice(self.rows, self.most):
            self.seen += 1
            yield row
        self.cut = next(self.rows, None) is not None


def _write(
    file: BinaryIO,
    stream: Stream,
    rows: Iterable[Sequence[Any]],
    form: Format,
    caption: str | None,
    trend: Trend | None,
) -> None:
    from pageowner_sql.output.markdown import write_markdown
    from pageowner_sql.output.table import write_table

    raw = form is Format.MARKDOWN
    columns = [column(each.name, numeric=each.is_number, raw=raw) for each in stream.columns]
    text = io.TextIOWrapper(cast(Any, file), encoding="utf-8", errors="backslashreplace")
    try:
        if form is Format.MARKDOWN:
            write_markdown(text, columns, rows)
        else:
            write_table(text, columns, rows, caption, trend)
        text.flush()
    finally:
        text.detach()
