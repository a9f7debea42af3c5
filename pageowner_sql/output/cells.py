"""One value of a result as people read it: in a table, in Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.output.units import count, share, signed, size

_COUNTS = ("records", "pages", "rejected")
# Text that the kernel lays out in lines; in any other column a line break is part of a name.
_LINES = ("stack", "function_stack", "text", "sql", "explain_value", "description")
_SIDES = ("old_", "new_", "delta_")
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|DOUBLE|FLOAT|BIGNUM")


@dataclass(frozen=True)
class Column:
    """How a column is shown: its heading, where its values stand, and how they are written."""

    name: str
    right: bool
    write: Callable[[Any], str]


def column(name: str, kind: str) -> Column:
    """The column of that name and DuckDB type."""
    numeric = _NUMBER.fullmatch(kind) is not None
    return Column(printable(name), numeric, _writer(name, numeric=numeric))


def _writer(name: str, *, numeric: bool) -> Callable[[Any], str]:
    bare = next((name.removeprefix(side) for side in _SIDES if name.startswith(side)), name)
    if numeric:
        write = _number_writer(bare)
        return write if not name.startswith("delta_") else lambda value: signed(write(value))
    return _lines if bare in _LINES or bare.endswith(("_stack", "_text")) else _text


def _number_writer(name: str) -> Callable[[Any], str]:
    if name == "bytes" or name.endswith("_bytes"):
        return lambda value: size(int(value))
    if name == "share" or name.endswith("_share"):
        return share
    return count if name in _COUNTS or name.endswith(("_records", "_pages")) else str


def _text(value: Any) -> str:
    return printable(_plain(value))


def _lines(value: Any) -> str:
    return printable_lines(_plain(value)).rstrip("\n")


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_plain(key)}: {_plain(item)}' for key, item in value.items())}}}"
    return "NULL" if value is None else str(value)


def cell(shown: Column, value: Any) -> str:
    """A value of a column; what is not there is empty."""
    if value is None:
        return ""
    finite = not isinstance(value, float) or math.isfinite(value)
    return shown.write(value) if finite else str(value)
