"""Answers as bytes: rows as JSON or in a file's format, pictures and lists as JSON."""

from __future__ import annotations

import errno
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.cells import has_lines
from pageowner_sql.output.formats import Format
from pageowner_sql.output.rows import Output, write_rows
from pageowner_sql.store.units import Unit
from pageowner_sql.temp_files import temp_folder

if TYPE_CHECKING:
    from pageowner_sql.output.model import CellKind
    from pageowner_sql.output.trend import Trend
    from pageowner_sql.questions.result import Result
    from pageowner_sql.server.arguments import Arguments
    from pageowner_sql.store.stream import Column

Json = dict[str, object]

_MEDIA = {
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8",
    Format.TSV: "text/tab-separated-values; charset=utf-8",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.file",
    Format.ARROWS: "application/vnd.apache.arrow.stream",
}


_KINDS: dict[Unit, CellKind] = {Unit.BYTES_PER_HOUR: "rate", Unit.SHARE: "share"}


@dataclass(frozen=True)
class Body:
    """The body of a response: bytes of a media type; a download has a file name."""

    content: bytes
    media_type: str = _MEDIA[Format.JSON]
    file: str | None = None


class TooLargeError(PageOwnerError):
    """A file would be larger than a download may be."""


def json_body(value: object) -> Body:
    """A value as JSON, without the NaN that JSON does not have."""
    return Body(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def rows_body(result: Result, arguments: Arguments, said: list[str], name: str) -> Body:
    """The rows of a result: JSON with what is known of them, or a file's bytes."""
    start = time.monotonic()
    form, limit = arguments.format, arguments.limit
    with temp_folder() as folder:
        path = folder / "rows"
        try:
            if form is not Format.JSON:
                write_rows(result.stream, Output(form, str(path), limit))
                return Body(path.read_bytes(), _MEDIA[form], f"{name}.{_ending(form)}")
            write_rows(result.stream, Output(form, str(path), limit + 1))
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise TooLargeError("the file is larger than a download may be") from error
            raise
        rows = json.loads(path.read_bytes())
    told = arguments.several("with")
    caption = result.caption() if "caption" in told else None
    notes = result.notes() if "notes" in told else []
    return json_body(
        {
            "columns": _columns(result, rows),
            "rows": rows[:limit],
            "truncated": len(rows) > limit,
            "sql": result.sql,
            "caption": caption,
            "notes": [*said, *notes],
            "trend": _trend(result.trend(), rows[:limit]) if "trend" in told else None,
            "seconds": round(time.monotonic() - start, 3),
        }
    )


def _ending(form: Format) -> str:
    return "md" if form is Format.MARKDOWN else str(form)


def _columns(result: Result, rows: list[Json]) -> list[Json]:
    # Of two columns with one name the rows have another for the second.
    names = list(rows[0]) if rows else [column.name for column in result.columns]
    return [
        {
            "name": name,
            "type": column.type,
            "kind": _kind(column),
        }
        for name, column in zip(names, result.columns, strict=True)
    ]


def _kind(column: Column) -> CellKind | None:
    """How a page draws the values of a column; None for numbers without a unit."""
    if not column.is_number:
        return "stack" if has_lines(column.name) else "text"
    changed = column.name.startswith("delta_")
    if column.unit is Unit.BYTES:
        return "delta_bytes" if changed else "bytes"
    if column.unit is Unit.COUNT:
        return "delta_count" if changed else "count"
    return _KINDS.get(column.unit) if column.unit else None


def _trend(trend: Trend | None, rows: list[Json]) -> Json | None:
    """The labels of a trend, and what each row's keys held."""
    if trend is None:
        return None
    keys = [tuple(row[key] for key in trend.keys) for row in rows]
    return {
        "labels": list(trend.labels),
        "held": [[int(each) for each in trend.held.get(key, ())] for key in keys],
    }


def asset(path: Path, media_type: str) -> Body:
    """A file of this program's own."""
    return Body(path.read_bytes(), media_type)
