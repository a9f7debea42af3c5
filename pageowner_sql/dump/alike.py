"""Which records of a batch are alike in all their texts, so that each text is looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pageowner_sql.dump.digits import Bytes

# Text pieces of a record: header, numbers and constants, rest of the PFN line, rest of the
# record, whatever lies before the next record of the batch.
PIECES = 5
HEADER, PAGE_STATE, REST = 0, 2, 3
# Those that repeat.
TEXTS = (HEADER, PAGE_STATE, REST)

Borders = npt.NDArray[np.int32]
Indexes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Texts:
    """The distinct texts of one kind, in order.

    `first`: the first record that has each; `number`, one entry a group: which of them it has.
    """

    first: Indexes
    number: Indexes


@dataclass(frozen=True)
class Alike:
    """Groups of records with the same texts and layout, in the order of their first records.

    `group` has one entry a record; `first` (a record's index) and `times` (how many records) one
    a group; `texts` one entry a kind of TEXTS.
    """

    group: Indexes
    first: Indexes
    times: npt.NDArray[np.int64]
    texts: tuple[Texts, Texts, Texts]


def group(data: Bytes, borders: Borders, layout: npt.NDArray[Any]) -> Alike:
    """Group the records whose pieces begin at `borders`, shape (records, PIECES), in `data`."""
    known: tuple[dict[bytes, int], ...] = ({}, {}, {})
    first: tuple[list[int], ...] = ([], [], [])
    groups: dict[tuple[int, ...], int] = {}
    of_record = np.empty(len(borders), np.int32)
    firsts: list[int] = []
    for at, (row, constant) in enumerate(zip(borders.tolist(), layout.tolist(), strict=True)):
        numbers = []
        for piece, texts, begins in zip(TEXTS, known, first, strict=True):
            number = texts.setdefault(data[row[piece] : row[piece + 1]].tobytes(), len(texts))
            if number == len(begins):
                begins.append(at)
            numbers.append(number)
        of_record[at] = which = groups.setdefault((*numbers, constant), len(groups))
        if which == len(firsts):
            firsts.append(at)
    table = np.array(list(groups), np.int32).reshape(len(groups), len(TEXTS) + 1)
    texts_of = (Texts(np.array(first[k], np.int32), table[:, k].copy()) for k in range(len(TEXTS)))
    header, page_state, rest = texts_of
    times = np.bincount(of_record, minlength=len(groups)).astype(np.int64)
    return Alike(of_record, np.array(firsts, np.int32), times, (header, page_state, rest))
