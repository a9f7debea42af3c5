"""Numbers out of text, a column of digits at a time, for all records of a chunk at once.

Positions are int64 indexes into the chunk. Every reader stops after `MOST` digits; a caller
must treat longer numbers as odd, and odd records are read one by one elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

# The longest run of decimal digits that is sure to fit in 64 bits.
MOST = 19
MOST_HEX = 16

_HEX = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)
_DECIMAL = np.full(256, 255, np.uint8)
_DECIMAL[np.frombuffer(b"0123456789", np.uint8)] = np.arange(10, dtype=np.uint8)


def backward(chunk: Bytes, end: Positions) -> tuple[Numbers, Positions]:
    """Decimal numbers that stop just before `end`: their values and where they start."""
    value = np.zeros(len(end), np.uint64)
    start = end.copy()
    live: Positions | None = None
    digit = _DECIMAL[chunk[start - 1]]
    scale = 1
    for _ in range(MOST):
        good = digit < 10
        if live is None and good.all():
            value += digit * np.uint64(scale)
            start -= 1
            digit = _DECIMAL[chunk[start - 1]]
        else:
            live = np.flatnonzero(good) if live is None else live[good]
            if not len(live):
                break
            value[live] += digit[good] * np.uint64(scale)
            start[live] -= 1
            digit = _DECIMAL[chunk[start[live] - 1]]
        scale *= 10
    return value, start


def _forward(
    chunk: Bytes, start: Positions, table: Bytes, base: int, most: int
) -> tuple[Numbers, Positions]:
    value = np.zeros(len(start), np.uint64)
    end = start.copy()
    live: Positions | None = None
    step = np.uint64(base)
    digit = table[chunk[end]]
    for _ in range(most):
        good = digit < base
        if live is None and good.all():
            value = value * step + digit
            end += 1
            digit = table[chunk[end]]
        else:
            live = np.flatnonzero(good) if live is None else live[good]
            if not len(live):
                break
            value[live] = value[live] * step + digit[good]
            end[live] += 1
            digit = table[chunk[end[live]]]
    return value, end


def decimal(chunk: Bytes, start: Positions) -> tuple[Numbers, Positions]:
    """Decimal numbers that begin at `start`: their values and where they end."""
    return _forward(chunk, start, _DECIMAL, 10, MOST)


def hexadecimal(chunk: Bytes, start: Positions) -> tuple[Numbers, Positions]:
    """Lower-case hexadecimal numbers that begin at `start`: their values and where they end."""
    return _forward(chunk, start, _HEX, 16, MOST_HEX)


def canonical(chunk: Bytes, start: Positions, end: Positions) -> Mask:
    """True where a number is there and has no leading zero, so that printing gives it back."""
    width = end - start
    good: Mask = (width == 1) | ((width > 1) & (chunk[start] != ord("0")))
    return good


def words(chunk: Bytes) -> Numbers:
    """Every 8 bytes of `chunk` as one number, by the position of the first: shape (len - 7,)."""
    strided = np.lib.stride_tricks.as_strided(chunk, shape=(len(chunk) - 7, 8), strides=(1, 1))
    return strided.view(np.uint64).reshape(-1)


def word(text: bytes) -> np.uint64:
    """Eight bytes as `words` shows them."""
    return np.uint64(int.from_bytes(text, "little"))
