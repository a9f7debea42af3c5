"""A chunk of text, cut at every record start by array operations.

A *region* is the text from one record start up to the next; where nothing is odd it is one
record. A record start is `START` at the beginning of the dump or behind an empty line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pageowner_sql.dump.dialects import START
from pageowner_sql.dump.digits import Bytes, Mask, Numbers, Positions, word, words

NEWLINE = 10


@dataclass(frozen=True)
class Regions:
    """The regions of a chunk, in order.

    `start`: positions in the chunk, one a region and the end of the last; `line`: the number of
    newlines before each of these; `single`, one entry a region: it begins with START, and its
    only empty line is its last line. `line_0`, `line_1`: where its first and second line end,
    which only the array operations of `plain` ask for.
    """

    chunk: Bytes
    start: Positions
    line: Positions
    single: Mask
    line_0: Positions | None = None
    line_1: Positions | None = None

    def __len__(self) -> int:
        return len(self.start) - 1


def _begins_record(look: Numbers, chunk: Bytes, at: Positions) -> Mask:
    good: Mask = look[at] == word(START[0:8])
    good &= look[at + 8] == word(START[8:16])
    good &= look[at + 16] == word(START[16:24])
    good &= chunk[at + 24] == START[24]
    return good


def _starts(chunk: Bytes, look: Numbers, length: int, after: Positions) -> Mask:
    """Which of the lines that begin at `after` begin a record."""
    # Few lines of a text that is all empty lines get past their first byte.
    begins: Mask = chunk[after] == START[0]
    which = np.flatnonzero(begins)
    at = after[which]
    fits = at + len(START) <= length
    begins[which[~fits]] = False
    begins[which[fits]] = _begins_record(look, chunk, at[fits])
    return begins


def cut(storage: Bytes, length: int, *, last: bool, fresh: bool = True) -> tuple[Regions, int]:
    """The regions of `storage[:length]`, and how many bytes they cover.

    `storage` reaches at least PADDING bytes further. What is not covered comes again at the
    front of the next chunk; with `last` everything is covered. `fresh`: a line begins here.
    """
    newlines: Positions = np.flatnonzero(storage[:length] == NEWLINE)
    # The number of the newline before each empty line's own.
    empty = np.flatnonzero(newlines[1:] - newlines[:-1] == 1)
    if fresh and length and storage[0] == NEWLINE:
        empty = np.insert(empty, 0, -1)
    look = words(storage)
    after = newlines[empty + 1]
    after += 1
    which = np.flatnonzero(_starts(storage, look, length, after))
    start = np.concatenate((np.zeros(1, np.int64), after[which]))
    first_line = np.concatenate((np.zeros(1, np.int64), empty[which] + 2))
    # The number of empty lines up to and including the one that ends the region.
    count = np.concatenate((np.zeros(1, np.int64), which + 1))
    if last:
        start = np.append(start, length)
        count = np.append(count, len(empty))
        first_line = np.append(first_line, len(newlines))
    single = (count[1:] - count[:-1]) == 1
    if len(single):
        single[0] &= storage[: len(START)].tobytes() == START
    if last and len(single):
        single[-1] &= storage[max(length - 2, 0) : length].tobytes() == b"\n\n"
    line_0, line_1 = _line_ends(newlines, first_line[:-1])
    # A line's number is that of the newlines before it.
    return Regions(storage, start, first_line, single, line_0, line_1), int(start[-1])


def _line_ends(newlines: Positions, first: Positions) -> tuple[Positions, Positions]:
    """Where lines number `first` and the next one end; the last newline for lines that do not."""
    most = max(len(newlines) - 1, 0)
    padded = newlines if len(newlines) else np.zeros(1, np.int64)
    return padded[np.minimum(first, most)], padded[np.minimum(first + 1, most)]
