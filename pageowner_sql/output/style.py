"""Colours of the terminal. Each goes with a word that says the same."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TextIO


class Style(StrEnum):
    """How text looks on a terminal: the parameters of its escape sequence."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"


def has_colour(file: TextIO) -> bool:
    """Whether `file` shows colours, and the user wants them."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return file.isatty()


def apply_style(text: str, style: Style | None) -> str:
    """`text` in that style; the caller has made its characters harmless."""
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text
