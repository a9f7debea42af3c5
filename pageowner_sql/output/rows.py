"""Writes a result in any format: tables are drawn here, DuckDB writes files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pageowner_sql.output.cells import column
from pageowner_sql.output.formats import Format, chosen_format
from pageowner_sql.output.layout import OmittedRows
from pageowner_sql.output.plain import printable_lines
from pageowner_sql.output.targets import binary_output, output_path
from pageowner_sql.output.trend import Trend

if TYPE_CHECKING:
    from pageowner_sql.store.stream import Stream

# A table without a limit has this many rows at most, half of them from the end.
TABLE_ROWS = 40

# The columns of EXPLAIN.
_PLAN = ["explain_key", "explain_value"]


@dataclass(frozen=True)
class Output:
    """The output options of a call. `format` None: by the file's ending, or a table.

    `limit` None: the format's default; 0: all rows. `full_stack`: tables fold no frames.
    """

    format: Format | None = None
    target: str | None = None
    limit: int | None = None
    full_stack: bool = False

    @property
    def unlimited(self) -> Output:
        """The options for rows that are limited already, if a limit was given."""
        return self if self.limit is None else replace(self, limit=0)

    @property
    def whole(self) -> Output:
        """The options for a list, which is shown whole unless a limit was given."""
        return replace(self, limit=self.limit or 0)

    def unfolded(self, whole: bool) -> Output:  # noqa: FBT001  # what it is about
        """The options, for stacks that are shown whole if `whole`."""
        return replace(self, full_stack=self.full_stack or whole)

    @property
    def chosen(self) -> Format:
        """The format to use. Raises UsageError for an unknown ending."""
        return chosen_format(self.format, self.target)


@dataclass(frozen=True)
class RowCounts:
    """The number of rows of a result; `shown`: those in the output."""

    rows: int
    shown: int


def write_rows(
    stream: Stream,
    output: Output,
    caption: str | None = None,
    trend: Trend | None = None,
    owners: Mapping[int, int] | None = None,
) -> RowCounts:
    """Write the rows of `stream` according to `output`.

    `caption` is a line below a table, `trend` is drawn next to its rows on a terminal; other
    formats have neither. Raises OSError and the stream's errors; a file is then unchanged.
    """
    form = output.chosen
    if form not in (Format.TABLE, Format.MARKDOWN):
        from pageowner_sql.store.write import FileFormat, write_file

        with output_path(output.target) as path:
            rows = write_file(stream, path, FileFormat(form.value), output.limit or None)
            return RowCounts(rows, rows)
    with binary_output(output.target) as file:
        return write_text(stream, file, form, output.limit, caption, trend, owners=owners)


def write_text(  # noqa: PLR0913  # what stands beside and below a table
    stream: Stream,
    file: BinaryIO,
    form: Format,
    limit: int | None,
    caption: str | None = None,
    trend: Trend | None = None,
    *,
    null: str = "",
    owners: Mapping[int, int] | None = None,
) -> RowCounts:
    """Write the rows of `stream` to `file` as TABLE or MARKDOWN; can be called repeatedly.

    `null` stands in a table for a missing value. A plan (EXPLAIN) is written as DuckDB draws it.
    """
    if form is Format.TABLE and [each.name for each in stream.columns] == _PLAN:
        return _write_plan(stream, file)
    from pageowner_sql.store.write import end_rows, text_rows

    if form is Format.TABLE and limit is None:
        ends = end_rows(stream, TABLE_ROWS)
        rows = [*ends.first, *ends.last]
        left_out = OmittedRows(len(ends.first), ends.count - len(rows))
        _write(
            file,
            stream,
            rows,
            form,
            caption=caption,
            trend=trend,
            left_out=left_out,
            null=null,
            owners=owners,
        )
        return RowCounts(ends.count, len(rows))
    with closing(text_rows(stream)) as each:
        counted = _Counted(each, limit or None)
        _write(file, stream, counted, form, caption=caption, trend=trend, null=null, owners=owners)
    return RowCounts(counted.seen, counted.seen)


def _write_plan(stream: Stream, file: BinaryIO) -> RowCounts:
    from pageowner_sql.store.write import text_rows

    with closing(text_rows(stream)) as rows:
        plans = [printable_lines(plan) for _, plan in rows]
    file.write("".join(f"{plan.rstrip()}\n" for plan in plans).encode())
    return RowCounts(len(plans), len(plans))


class _Counted:
    """Counts rows and stops after `most`."""

    def __init__(self, rows: Iterator[Sequence[Any]], most: int | None) -> None:
        self.rows = rows
        self.most = most
        self.seen = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in islice(self.rows, self.most):
            self.seen += 1
            yield row


def _write(  # noqa: PLR0913  # the parts of a table
    file: BinaryIO,
    stream: Stream,
    rows: Iterable[Sequence[Any]],
    form: Format,
    *,
    caption: str | None,
    trend: Trend | None,
    left_out: OmittedRows | None = None,
    null: str = "",
    owners: Mapping[int, int] | None = None,
) -> None:
    from pageowner_sql.output.markdown import write_markdown
    from pageowner_sql.output.table import write_table

    raw = form is Format.MARKDOWN
    columns = [
        column(each.name, numeric=each.is_number, unit=each.unit, raw=raw, null="" if raw else null)
        for each in stream.columns
    ]
    text = io.TextIOWrapper(cast(Any, file), encoding="utf-8", errors="backslashreplace")
    try:
        if form is Format.MARKDOWN:
            write_markdown(text, columns, rows)
        else:
            write_table(text, columns, rows, caption, trend, left_out=left_out, owners=owners)
        text.flush()
    finally:
        text.detach()
