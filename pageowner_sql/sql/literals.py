"""Values as DuckDB literals, for SQL that people copy: every text is inert on a terminal too."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

# What a terminal or an editor could act on: controls, line and paragraph ends, marks that reorder.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def literal(value: Any) -> str:
    """`value` as one DuckDB expression of the type that it would have as a bound parameter.

    Takes None, bool, int, float, str, bytes, date, datetime, timedelta, Decimal, and lists and
    string-keyed mappings of these. Raises TypeError for anything else.
    """
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return str(write(value))
    raise TypeError(f"no SQL literal for a {type(value).__name__}")


def _number(value: int) -> str:
    # The brackets keep a minus sign from meeting another and starting a comment.
    return str(value) if value >= 0 else f"({value})"


def _float(value: float) -> str:
    text = repr(value) if math.isfinite(value) else f"'{value}'"
    return f"({text}::DOUBLE)" if math.isfinite(value) and value >= 0 else f"({text})::DOUBLE"


def _text(value: str) -> str:
    plain = ["'" + part.replace("'", "''") + "'" for part in _UNSAFE.split(value)]
    unsafe = [f"chr({ord(char)})" for char in _UNSAFE.findall(value)]
    parts = [part for pair in zip(plain, [*unsafe, "''"], strict=True) for part in pair]
    written = [part for part in parts if part != "''"] or ["''"]
    return written[0] if len(written) == 1 else f"({' || '.join(written)})"


def _bytes(value: bytes) -> str:
    digits = "".join(f"\\x{byte:02X}" for byte in value)
    return f"'{digits}'::BLOB"


def _datetime(value: datetime) -> str:
    return f"'{value.isoformat(' ')}'::{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'}"


def _interval(value: timedelta) -> str:
    seconds = value.seconds * 1_000_000 + value.microseconds
    return f"(to_days({value.days}) + to_microseconds({seconds}))"


def _mapping(value: Mapping[str, Any]) -> str:
    fields = (f"'{key.replace(chr(39), chr(39) * 2)}': {literal(v)}" for key, v in value.items())
    return f"{{{', '.join(fields)}}}"


# The first that fits: a bool is an int too, a datetime a date.
_WRITERS: tuple[tuple[type | tuple[type, ...], Any], ...] = (
    (type(None), lambda _: "NULL"),
    (bool, lambda value: str(value).lower()),
    (int, _number),
    (float, _float),
    (str, _text),
    (bytes, _bytes),
    (datetime, _datetime),
    (date, lambda value: f"'{value.isoformat()}'::DATE"),
    (timedelta, _interval),
    (Decimal, lambda value: f"({value:f})"),
    ((list, tuple), lambda value: f"[{', '.join(literal(item) for item in value)}]"),
    (Mapping, _mapping),
)
