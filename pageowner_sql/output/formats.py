"""The output formats of rows, and the choice between them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pageowner_sql.errors import UsageError


class Format(StrEnum):
    """How rows are written. ARROWS is Arrow's stream format, JSONL one JSON object per line."""

    TABLE = "table"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    ARROW = "arrow"
    ARROWS = "arrows"


ENDINGS = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".md": Format.MARKDOWN,
    ".parquet": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".arrows": Format.ARROWS,
}

BINARY = frozenset({Format.PARQUET, Format.ARROW, Format.ARROWS})

_COMPRESSIONS = (".gz", ".xz", ".bz2", ".zst", ".lz4")


def chosen_format(given: Format | None, target: str | None) -> Format:
    """The given format, or that of the file's ending, or a table.

    Raises UsageError for an unknown ending.
    """
    if given is not None:
        return given
    if target is None or target == "-":
        return Format.TABLE
    path = Path(target)
    ending = path.with_suffix("").suffix if path.suffix in _COMPRESSIONS else path.suffix
    if ending not in ENDINGS and ending not in ("", ".txt"):
        known = " ".join(ENDINGS)
        raise UsageError(f"{target}: no format has this ending; give --format, or one of {known}")
    return ENDINGS.get(ending, Format.TABLE)
