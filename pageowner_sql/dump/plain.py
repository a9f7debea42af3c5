"""The fast reading: all plain records of a chunk at once, no regex and no loop over records.

It vouches only for what it has checked byte by byte; every other region is left to `odd`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump import digits
from pageowner_sql.dump.alike import PIECES, Alike, Borders, group
from pageowner_sql.dump.dialects import BEFORE_BLOCK, Shape
from pageowner_sql.dump.digits import Mask, Numbers, Positions, word
from pageowner_sql.dump.regions import Regions

_ZERO_X = np.uint64(int.from_bytes(b"0x", "little"))
_COMM_END = np.uint64(int.from_bytes(b"), ts ", "little"))
_TS_START = np.uint64(int.from_bytes(b", ts ", "little"))
_LINE_PFN = np.uint64(int.from_bytes(b"\nPFN ", "little"))
_TWO = np.uint64(0xFFFF)
# Databases keep these numbers in signed 64 bits.
_MOST = np.uint64(1 << 63)
_FIVE = np.uint64((1 << 40) - 1)


@dataclass(frozen=True)
class Plain:
    """The plain records of a chunk.

    `good` has one entry a region; all others one entry a plain record. `borders`, shape
    (records, PIECES): where its pieces begin; `before_block`: index into BEFORE_BLOCK.
    """

    shape: Shape
    good: Mask
    borders: Borders
    alloc_ts: Numbers | None
    free_ts: Numbers | None
    pfn: Numbers
    block: Numbers
    before_block: npt.NDArray[np.uint8]
    alike: Alike


class _Sieve:
    """The regions still believed plain; `keep` drops those that fail a check."""

    def __init__(self, regions: Regions) -> None:
        self.chunk = regions.chunk
        self.look = digits.words(regions.chunk)
        self.alive: Positions = np.flatnonzero(regions.single)
        self.columns: dict[str, npt.NDArray[np.generic]] = {}

    def keep(self, good: Mask) -> None:
        if good.all():
            return
        self.alive = self.alive[good]
        self.columns = {name: column[good] for name, column in self.columns.items()}

    def __getitem__(self, name: str) -> Positions:
        return self.columns[name]  # type: ignore[return-value]  # positions and numbers share it

    def numbers(self, name: str) -> Numbers:
        return self.columns[name]  # type: ignore[return-value]  # set as numbers by the caller


def _take_ts(sieve: _Sieve, name: str, end: Positions) -> None:
    """The timestamp whose digits stop before `end`; column `at` becomes where they start."""
    value, start = digits.backward(sieve.chunk, end)
    sieve.columns[name] = value
    sieve.columns["at"] = start
    sieve.keep(digits.canonical(sieve.chunk, start, end) & (value < _MOST))


def _read_times(sieve: _Sieve, shape: Shape) -> None:
    look = sieve.look
    line = sieve["line_0"]
    if not shape.ts:
        sieve.columns["at"] = line.copy()
        sieve.keep((look[line] & _FIVE) == _LINE_PFN)
        return
    sieve.keep(look[line - 3] == word(b" ns\nPFN "))
    _take_ts(sieve, "free_ts" if shape.free_ts else "alloc_ts", sieve["line_0"] - 3)
    if shape.free_ts:
        at = sieve["at"]
        sieve.keep((look[at - 13] == word(b" ns, fre")) & (look[at - 8] == word(b"free_ts ")))
        _take_ts(sieve, "alloc_ts", sieve["at"] - 13)
    before = look[sieve["at"] - 8]
    if shape.comm:
        sieve.keep((before >> np.uint64(16)) == _COMM_END)
    else:
        sieve.keep((before >> np.uint64(24)) == _TS_START)


def _read_pfn(sieve: _Sieve, shape: Shape) -> None:
    start = sieve["line_0"] + 5
    if shape.hex_pfn:
        sieve.keep((sieve.look[start] & _TWO) == _ZERO_X)
        start = sieve["line_0"] + 7
        value, end = digits.hexadecimal(sieve.chunk, start)
    else:
        value, end = digits.decimal(sieve.chunk, start)
    sieve.columns["pfn"] = value
    sieve.columns["pfn_end"] = end
    sieve.keep(digits.canonical(sieve.chunk, start, end) & (value < _MOST))


def _read_before_block(sieve: _Sieve) -> None:
    """Which of BEFORE_BLOCK stands behind the PFN, every byte of it compared."""
    at, look = sieve["pfn_end"], sieve.look
    which = np.full(len(at), 255, np.uint8)
    width = np.zeros(len(at), np.int64)
    first = look[at]
    for index, text in enumerate(BEFORE_BLOCK):
        if len(text) < 8:
            mask = np.uint64((1 << 8 * len(text)) - 1)
            same = np.flatnonzero((first & mask) == np.uint64(int.from_bytes(text, "little")))
        else:
            same = np.flatnonzero(first == word(text[:8]))
            for offset in (*range(8, len(text) - 8, 8), len(text) - 8):
                same = same[look[at[same] + offset] == word(text[offset : offset + 8])]
        which[same] = index
        width[same] = len(text)
    sieve.columns["before_block"] = which
    sieve.columns["block_start"] = at + width
    sieve.keep(which != 255)


def _read_block(sieve: _Sieve) -> None:
    start = sieve["block_start"]
    value, end = digits.decimal(sieve.chunk, start)
    sieve.columns["block"] = value
    sieve.columns["tail"] = end
    good = digits.canonical(sieve.chunk, start, end)
    good &= sieve.chunk[end] == ord(" ")
    good &= value < _MOST
    sieve.keep(good)


def read(regions: Regions, shape: Shape) -> Plain:
    """Read every region that is exactly one record of `shape`."""
    line_0, line_1 = regions.line_0, regions.line_1
    assert line_0 is not None and line_1 is not None  # noqa: S101, PT018  # cut here, not elsewhere
    sieve = _Sieve(regions)
    # A line shorter than this holds no header; the looks below reach up to 40 bytes back.
    sieve.columns["line_0"] = line_0[sieve.alive]
    sieve.keep(line_0[sieve.alive] - regions.start[sieve.alive] >= 35)
    _read_times(sieve, shape)
    _read_pfn(sieve, shape)
    _read_before_block(sieve)
    _read_block(sieve)
    good = np.zeros(len(regions), np.bool_)
    good[sieve.alive] = True
    borders = np.empty((len(sieve.alive), PIECES), np.int32)
    borders[:, 0] = regions.start[sieve.alive]
    borders[:, 1] = sieve["at"]
    borders[:, 2] = sieve["tail"]
    borders[:, 3] = line_1[sieve.alive] + 1
    borders[:, 4] = regions.start[sieve.alive + 1]
    before_block = sieve.columns["before_block"].astype(np.uint8)
    return Plain(
        shape=shape,
        good=good,
        borders=borders,
        alloc_ts=sieve.numbers("alloc_ts") if shape.ts else None,
        free_ts=sieve.numbers("free_ts") if shape.free_ts else None,
        pfn=sieve.numbers("pfn"),
        block=sieve.numbers("block"),
        before_block=before_block,
        alike=group(regions.chunk, borders, before_block),
    )
