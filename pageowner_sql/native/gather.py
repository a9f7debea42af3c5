"""Texts of rows, put together of numbers and of texts that repeat: by gather.c where it is."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from pageowner_sql.native.library import address, library
from pageowner_sql.native.pieces import Constant, Number, Piece, Text


@dataclass(frozen=True)
class Values:
    """A column of numbers from 0 to 2^63 - 1; `valid`: where there is one, None for everywhere."""

    numbers: npt.NDArray[np.int64]
    valid: npt.NDArray[np.bool_] | None = None

    def part(self, start: int, stop: int) -> Values:
        """Some of the rows."""
        valid = None if self.valid is None else self.valid[start:stop]
        return Values(self.numbers[start:stop], valid)


class Texts:
    """Texts by their numbers, from 0."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = texts
        self.borders = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=self.borders[1:])
        self.data = np.frombuffer(b"".join(texts) or b"\0", np.uint8)


class _Piece(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int32),
        ("column", ctypes.c_void_p),
        ("valid", ctypes.c_void_p),
        ("borders", ctypes.c_void_p),
        ("texts", ctypes.c_char_p),
        ("size", ctypes.c_int64),
    )


_CONSTANT, _NUMBER, _TEXT = range(3)


def gather(
    pieces: Sequence[Piece], columns: Mapping[str, Values], texts: Mapping[str, Texts], rows: int
) -> memoryview:
    """The rows' texts, one behind the other. Raises IndexError where there is no such text."""
    for piece in pieces:
        if isinstance(piece, Text):
            _check(columns[piece.column], texts[piece.texts])
    found = library()
    if found is None:
        return memoryview(_joined(pieces, columns, texts, rows))
    return _compiled(found, [_piece(piece, columns, texts) for piece in pieces], rows)


def _check(values: Values, texts: Texts) -> None:
    used = values.numbers if values.valid is None else values.numbers[values.valid]
    if len(used) and not 0 <= int(used.min()) <= int(used.max()) < len(texts.texts):
        raise IndexError("a row has a text that is not there")


def _compiled(found: ctypes.CDLL, pieces: Sequence[_Piece], rows: int) -> memoryview:
    array = (_Piece * len(pieces))(*pieces)
    found.gather_size.restype = ctypes.c_int64
    size = found.gather_size(array, ctypes.c_int32(len(pieces)), ctypes.c_int64(rows))
    out = np.empty(size, np.uint8)
    found.gather_write(
        array, ctypes.c_int32(len(pieces)), ctypes.c_int64(rows), ctypes.c_void_p(address(out))
    )
    return out.data


def _piece(piece: Piece, columns: Mapping[str, Values], texts: Mapping[str, Texts]) -> _Piece:
    if isinstance(piece, Constant):
        return _Piece(_CONSTANT, None, None, None, piece.text, len(piece.text))
    values = columns[piece.column]
    valid = None if values.valid is None else address(values.valid)
    if isinstance(piece, Number):
        return _Piece(_NUMBER, address(values.numbers), valid, None, None, 0)
    known = texts[piece.texts]
    data = ctypes.cast(address(known.data), ctypes.c_char_p)
    return _Piece(_TEXT, address(values.numbers), valid, address(known.borders), data, 0)


def _joined(
    pieces: Sequence[Piece], columns: Mapping[str, Values], texts: Mapping[str, Texts], rows: int
) -> bytes:
    """The same by Python."""
    parts = [_part(piece, columns, texts, rows) for piece in pieces]
    return b"".join(chain.from_iterable(zip(*parts, strict=True)))


def _part(
    piece: Piece, columns: Mapping[str, Values], texts: Mapping[str, Texts], rows: int
) -> list[bytes]:
    if isinstance(piece, Constant):
        return [piece.text] * rows
    values = columns[piece.column]
    has = [True] * rows if values.valid is None else values.valid.tolist()
    numbers: list[Any] = values.numbers.tolist()
    if isinstance(piece, Number):
        return [b"%d" % n if there else b"" for n, there in zip(numbers, has, strict=True)]
    known = texts[piece.texts].texts
    return [known[n] if there else b"" for n, there in zip(numbers, has, strict=True)]
