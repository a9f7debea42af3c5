"""The kernel's accounts of memory that lie beside a dump -> rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.dump import account_lines
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.lines import TOO_LONG, Filler, Line, Reject, read_lines
from pageowner_sql.dump.zones import parse_pagetypeinfo, parse_zoneinfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pageowner_sql.dump.account_rows import AccountRow

_LINE_READERS: dict[Kind, Callable[[Line, int], AccountRow | Filler | Reject]] = {
    Kind.MEMINFO: account_lines.read_meminfo,
    Kind.ALLOCINFO: account_lines.read_allocinfo,
    Kind.SLABINFO: account_lines.read_slabinfo,
    Kind.BUDDYINFO: account_lines.read_buddyinfo,
    Kind.VMALLOCINFO: account_lines.read_vmallocinfo,
}


def parse_account(kind: Kind, chunks: Iterable[bytes]) -> Iterator[AccountRow | Filler | Reject]:
    """Read a file of one of ACCOUNT_KINDS; a KeyError for another kind is the caller's mistake."""
    if kind is Kind.PAGETYPEINFO:
        return parse_pagetypeinfo(chunks)
    if kind is Kind.ZONEINFO:
        return parse_zoneinfo(chunks)
    return _parse_lines(_LINE_READERS[kind], chunks)


def _parse_lines(
    read: Callable[[Line, int], AccountRow | Filler | Reject], chunks: Iterable[bytes]
) -> Iterator[AccountRow | Filler | Reject]:
    ord_ = 0
    for line in read_lines(chunks):
        item = read(line, ord_) if line.whole else line.reject(TOO_LONG)
        ord_ += not isinstance(item, Filler | Reject)
        yield item
