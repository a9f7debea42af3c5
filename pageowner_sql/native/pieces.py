"""What the text of a row is put together of, as data."""

from __future__ import annotations

from typing import NamedTuple


class Constant(NamedTuple):
    """A piece that is the same in every row."""

    text: bytes


class Number(NamedTuple):
    """A piece that is a column's number in decimal digits; nothing where it is NULL."""

    column: str


class Text(NamedTuple):
    """A piece that is the text with a column's number, of the texts of that name."""

    column: str
    texts: str


Piece = Constant | Number | Text
