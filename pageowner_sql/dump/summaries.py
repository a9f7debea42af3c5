"""Everything that says less than a page_owner dump does: one door for the store.

Each item a parser yields is a row, a `Filler` or a `Reject`; their spans tile the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.dump.kernel_log import parse_dmesg
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.sorted_text import parse_sorted
from pageowner_sql.dump.stack_counts import StackCount, parse_stack_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pageowner_sql.dump.lines import Filler, Reject
    from pageowner_sql.dump.page_reports import PageReport
    from pageowner_sql.dump.sorted_rows import SortedRow

    SummaryItem = StackCount | SortedRow | PageReport | Filler | Reject

_PARSERS: dict[Kind, Callable[[Iterable[bytes]], Iterator[SummaryItem]]] = {
    Kind.SHOW_STACKS: parse_stack_counts,
    Kind.SHOW_HANDLES: parse_stack_counts,
    Kind.SHOW_STACKS_HANDLES: parse_stack_counts,
    Kind.SORTED: parse_sorted,
    Kind.DMESG: parse_dmesg,
    Kind.GDB: parse_dmesg,
    Kind.CRASH: parse_dmesg,
    Kind.PAGE_TRACKING: parse_dmesg,
    Kind.PAGE_FREQUENCY: parse_sorted,
    Kind.MINIDUMP: parse_stack_counts,
    Kind.PAGEOWNER_DUMP: parse_stack_counts,
}


def parse_summary(kind: Kind, chunks: Iterable[bytes]) -> Iterator[SummaryItem]:
    """Read a file of one of SUMMARY_KINDS; a KeyError for another kind is the caller's mistake."""
    return _PARSERS[kind](chunks)
