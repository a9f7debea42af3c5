"""Items of a summary of page_owner -> rows of the table that keeps its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pageowner_sql.dump.exact_parser import MOST_NUMBER, MOST_ORDER
from pageowner_sql.dump.fields import Rest, escape, read_rest
from pageowner_sql.dump.page_reports import PageReport
from pageowner_sql.dump.sorted_rows import SortedRow
from pageowner_sql.dump.stack_counts import StackCount
from pageowner_sql.store.stacks import stack_text

SummaryRow: TypeAlias = StackCount | SortedRow | PageReport

# Column -> Arrow kind, of each table but for dump_id. A stack is its text until it gets a number.
COLUMNS: Mapping[type, tuple[str, Mapping[str, str]]] = {
    StackCount: (
        "stack_counts",
        dict.fromkeys(("ord", "stack_id", "handle", "base_pages", "allocations"), "int"),
    ),
    SortedRow: (
        "sorted_rows",
        {
            **dict.fromkeys(("ord", "times", "pages", "pid", "tgid", "order"), "int"),
            **dict.fromkeys(("gfp_mask", "alloc_ts", "free_ts", "stack_id", "handle"), "int"),
            **dict.fromkeys(("comm", "allocator", "state", "migrate_reason", "memcg"), "text"),
            **dict.fromkeys(("slab", "truncated"), "bool"),
        },
    ),
    PageReport: (
        "page_reports",
        {
            **dict.fromkeys(("ord", "logged_at", "pfn", "order", "gfp_mask", "pid", "tgid"), "int"),
            **dict.fromkeys(("alloc_ts", "free_ts", "free_pid", "free_tgid"), "int"),
            **dict.fromkeys(("free_stack_ts", "stack_id", "free_stack_id"), "int"),
            **dict.fromkeys(("because", "migratetype", "comm", "migrate_reason"), "text"),
            **dict.fromkeys(("allocated", "truncated"), "bool"),
        },
    ),
}
STACKS = ("stack_id", "free_stack_id")

# Why `read_row` gives no row.
IMPOSSIBLE = "a number in it is larger than a kernel can count"

# What is larger than these was not counted by a kernel, and its sums would leave 64 bits.
_MOST = {
    **dict.fromkeys(("pid", "tgid", "free_pid", "free_tgid"), (1 << 31) - 1),
    **dict.fromkeys(("times", "pages"), 1 << 40),
    "order": MOST_ORDER,
}


@dataclass(frozen=True)
class SummaryCells:
    """Cells by column, stacks as `stack_text` has them; `pages`: base pages held, as far as told.

    `fields`: what the row can be asked for, in the words of dumps.fields.
    """

    cells: Mapping[str, Any]
    pages: int
    fields: frozenset[str]


def read_row(item: SummaryRow) -> SummaryCells | None:
    """The row that an item makes; None where one of its numbers cannot be true."""
    cells, pages = _CELLS[type(item)](item)
    for name, value in cells.items():
        if isinstance(value, int) and abs(value) > _MOST.get(name, MOST_NUMBER):
            return None
    told = {name for name, value in cells.items() if value is not None}
    fields = {_FIELDS[name] for name in told & _FIELDS.keys()}
    if isinstance(item, PageReport):
        fields |= {"records", "pages"}
    if not item.stack:
        fields.discard("stack")
    return SummaryCells(cells, pages, frozenset(fields))


# The columns that a question can be about, and what dumps.fields calls them.
_FIELDS = {
    **{name: name for name in ("handle", "pid", "tgid", "comm", "memcg", "allocator", "order")},
    "stack_id": "stack",
    "migratetype": "migratetype",
    "base_pages": "pages",
    "pages": "pages",
    "allocations": "records",
    "times": "records",
}


def _stack_count(item: StackCount) -> tuple[dict[str, Any], int]:
    rest = _rest(item.stack or b"")
    cells = {
        "ord": item.ord,
        "stack_id": stack_text(rest.stack, item.handle),
        "handle": item.handle,
        "base_pages": item.base_pages,
        "allocations": item.allocations,
    }
    return cells, item.base_pages or 0


def _sorted_row(item: SortedRow) -> tuple[dict[str, Any], int]:
    has_text = item.stack is not None
    rest = _rest(item.stack or b"", item.trailers or b"")
    cells = {
        "ord": item.ord,
        "times": item.times,
        "pages": item.pages,
        "pid": item.pid,
        "tgid": item.tgid,
        "comm": _escaped(item.comm),
        "allocator": None if item.allocators is None else " ".join(item.allocators),
        "state": item.state,
        "order": item.order,
        "gfp_mask": item.gfp_mask,
        "alloc_ts": item.alloc_ts,
        "free_ts": item.free_ts,
        "stack_id": stack_text(rest.stack, rest.handle) if has_text else None,
        "handle": rest.handle,
        "migrate_reason": rest.migrate_reason,
        "slab": rest.slab if item.header is not None else None,
        "memcg": rest.memcg,
        "truncated": item.truncated,
    }
    return cells, item.pages


def _page_report(item: PageReport) -> tuple[dict[str, Any], int]:
    cells = {
        "ord": item.ord,
        "logged_at": item.logged_at,
        "pfn": item.pfn,
        "because": _escaped(item.because),
        "allocated": item.allocated,
        "order": item.order,
        "migratetype": item.migratetype,
        "gfp_mask": item.gfp_mask,
        "pid": item.pid,
        "tgid": item.tgid,
        "comm": _escaped(item.comm),
        "alloc_ts": item.alloc_ts,
        "free_ts": item.free_ts,
        "stack_id": _rest(item.stack).stack or None,
        "free_pid": item.free_pid,
        "free_tgid": item.free_tgid,
        "free_stack_ts": item.free_stack_ts,
        "free_stack_id": _rest(item.free_stack or b"").stack or None,
        "migrate_reason": item.migrate_reason,
        "truncated": item.truncated,
    }
    held = item.allocated is not False
    return cells, 1 << min(item.order, MOST_ORDER) if held else 0


_CELLS: Mapping[type, Any] = {
    StackCount: _stack_count,
    SortedRow: _sorted_row,
    PageReport: _page_report,
}


def _rest(stack: bytes, trailers: bytes = b"") -> Rest:
    """Stack and trailers as those of a record; a log indents frames deeper than page_owner does."""
    frames = b"".join(b" " + line.lstrip(b" ") + b"\n" for line in stack.split(b"\n") if line)
    return read_rest(frames + trailers) or _NOTHING


# What is left of a row whose trailers hold a PFN line: no tool prints that.
_NOTHING = Rest("", None, plain=False, c_vmalloc=False)


def _escaped(text: bytes | None) -> str | None:
    return None if text is None else escape(text)
