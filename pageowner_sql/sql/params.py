"""The parameters that a named query declares, and the values that people give them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pageowner_sql.dump.fields import escape, unescape
from pageowner_sql.errors import UsageError
from pageowner_sql.sql.sizes import size
from pageowner_sql.sql.timespec import duration

REQUIRED: Final = object()
DUMP: Final = "dump"


def _str(value: Any, name: str) -> str:
    # A name may come from the command line with bytes that are not UTF-8.
    del name
    text = str(value)
    return text if text.isprintable() else escape(unescape(text))


def _int(value: Any, name: str) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?\d{1,18}", str(value).strip()):
        raise UsageError(f"{name}: not a whole number: {value!r}")
    return int(value)


def _float(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: not a number: {value!r}") from error
    if not math.isfinite(number):
        raise UsageError(f"{name}: not a finite number: {value!r}")
    return number


def _bool(value: Any, name: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in words:
        raise UsageError(f"{name}: {value!r} is neither true nor false")
    return words[str(value).lower()]


def _size(value: Any, name: str) -> int:
    return _int(value, name) if isinstance(value, int) else size(str(value), name)


def _duration(value: Any, name: str) -> int:
    return _int(value, name) if isinstance(value, int) else duration(str(value), name)


# What a parameter may be; `size` binds bytes, `duration` nanoseconds, `dump` a label.
TYPES: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "str": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "size": _size,
    "duration": _duration,
    DUMP: _str,
}


def parse_value(word: str) -> int | float | str:
    """What a word after `K=` means for SQL: a number where it is written as one, else text.

    Quotes make text of anything, so that `'42'` is not a number.
    """
    if len(word) > 1 and word[0] == word[-1] == "'":
        return word[1:-1]
    if re.fullmatch(r"-?\d{1,38}", word):
        return int(word)
    if re.fullmatch(r"-?\d+\.\d+", word):
        return float(word)
    return word


@dataclass(frozen=True)
class Param:
    """A declared parameter. A `dump` without a default means the dump loaded last.

    `choices`: the only values; empty if any value of the type is one.
    """

    name: str
    type: str
    help: str
    default: Any = REQUIRED
    choices: tuple[Any, ...] = ()

    def read(self, value: Any) -> Any:
        """The value to bind for what was given. Raises UsageError."""
        read = TYPES[self.type](value, f"--param {self.name}")
        if self.choices and read not in self.choices:
            words = ", ".join(map(str, self.choices))
            raise UsageError(f"--param {self.name}: {read!r} is not one of {words}")
        return read


def bound(params: tuple[Param, ...], given: Mapping[str, Any], query: str) -> dict[str, Any]:
    """A value for every parameter, its default where none is given; dumps not given are left out.

    Raises UsageError for one that is not declared, missing, or of the wrong type.
    """
    known = {param.name: param for param in params}
    if unknown := sorted(given.keys() - known.keys()):
        has = ", ".join(known) if known else "none"
        raise UsageError(f"{query}: has no parameter {unknown[0]}; it has {has}")
    values = {}
    for param in params:
        value = given.get(param.name, param.default)
        if value is not REQUIRED:
            values[param.name] = param.read(value)
        elif param.type != DUMP:
            raise UsageError(
                f"{query}: {param.name} ({param.help.rstrip('.')}) has no value; "
                f"give it with --param {param.name}=VALUE"
            )
    return values
