"""Tells ` (RELEASED)` at the end of a name from the word that `page_owner_sort --cull=free` prints.

One run of the tool prints that word in every row or in none, so the first row that has a single
reading settles the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pageowner_sql.dump.lines import Filler, Line, Reject, reject_lines
from pageowner_sql.dump.sorted_rows import LONGEST_NAME, SortedRow, split_state

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME_UNKNOWN = "where the name ends cannot be known"


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row whose `comm` may end in the word of --cull=free, and the lines it came from."""

    row: SortedRow
    lines: list[Line]


class OpenNames:
    """Numbers rows, and keeps those with two readings back until another row settles them."""

    MOST_WAITING = 10_000

    def __init__(self) -> None:
        self._word_printed: bool | None = None
        self._waiting: list[SortedRow | OpenRow | Filler | Reject] = []
        self._held = False
        self._rows = 0

    def settle(
        self, draft: SortedRow | OpenRow | Filler | Reject
    ) -> Iterator[SortedRow | Filler | Reject]:
        """Take the next draft in; give out what is settled by now, in the order of the file."""
        if self._word_printed is None:
            self._word_printed = _evidence(draft)
        self._waiting.append(draft)
        self._held = self._held or isinstance(draft, OpenRow)
        if self._word_printed is None and self._held and len(self._waiting) < self.MOST_WAITING:
            return
        yield from self._give_out()

    def give_up(self) -> Iterator[SortedRow | Filler | Reject]:
        """Give out what the file's end leaves unsettled, without the names."""
        yield from self._give_out()

    def _give_out(self) -> Iterator[SortedRow | Filler | Reject]:
        for draft in self._waiting:
            item = self._decide(draft) if isinstance(draft, OpenRow) else draft
            if item is None and isinstance(draft, OpenRow):
                yield from reject_lines(draft.lines, NAME_UNKNOWN)
            elif isinstance(item, SortedRow):
                yield replace(item, ord=self._rows)
                self._rows += 1
            elif isinstance(item, Filler | Reject):
                yield item
        self._waiting = []
        self._held = False

    def _decide(self, draft: OpenRow) -> SortedRow | None:
        """Read a row's name; two readings leave it unknown, and None means that there is none."""
        name = draft.row.comm or b""
        if self._word_printed is None:
            return replace(draft.row, comm=None)
        if not self._word_printed:
            return draft.row if len(name) <= LONGEST_NAME else None
        split = split_state(name)
        if not split or len(split[0]) > LONGEST_NAME:
            return None
        return replace(draft.row, comm=split[0] or None, state=split[1])


def _evidence(draft: SortedRow | OpenRow | Filler | Reject) -> bool | None:
    """Whether this file prints the word; None where this draft fits both."""
    if isinstance(draft, SortedRow):
        return draft.state is not None
    if not isinstance(draft, OpenRow):
        return None
    name = draft.row.comm or b""
    if not split_state(name):
        return False
    return True if len(name) > LONGEST_NAME else None
