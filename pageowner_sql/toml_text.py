"""TOML in a file that a user names, read within bounds of time and memory."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

# Characters of a file; steps that its dotted keys take.
_MOST, _MOST_STEPS = 1 << 20, 1 << 23
# Python refuses to print longer integers.
_LONG_NUMBER = re.compile(r"0[box][0-9A-Fa-f_]{65}")
_TABLE = re.compile(r"[ \t]*\[")


def read_text(path: str | Path) -> str:
    """The text of a file that holds TOML. Raises OSError, and ValueError where it is too large."""
    with Path(path).open(encoding="utf-8") as file:
        text = file.read(_MOST + 1)
    if len(text) > _MOST:
        raise ValueError(f"larger than {_MOST >> 20} MiB")
    return text


def parse_toml(text: str) -> dict[str, Any]:
    """The document that a text is. Raises ValueError where it is not TOML, or dear to read."""
    # tomllib takes time and memory by the square of a key's parts, those of its table included.
    steps = above = 0
    for line in text.split("\n"):
        dots = line.count(".")
        if _TABLE.match(line):
            above = dots
        steps += (dots + above) ** 2
    if steps > _MOST_STEPS:
        raise ValueError("a key of too many parts")
    if _LONG_NUMBER.search(text):
        raise ValueError("a number of too many digits")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from error
