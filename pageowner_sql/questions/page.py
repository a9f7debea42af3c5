"""The owner of a page: blocks that hold it or lie in a range, their neighbours, sums by owner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, share, size
from pageowner_sql.questions.caveats import caveats
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Answer, Plan
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.sql.query import Query, render, render_both
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.stream import stream

_PARTS = ("range", "block", "before", "after", "around", "pageblock")
# Rows of a part of a range that its words are taken from.
_FIRST = 10

_REPORTS = (Kind.DMESG, Kind.GDB, Kind.CRASH)
_PLACE = re.compile(r"(?:pfn[ :=]?\s*)?(?:0x[0-9a-f]{1,16}|[0-9]{1,19})", re.IGNORECASE)
_RANGE = re.compile(rf"({_PLACE.pattern})(?:\s*-\s*({_PLACE.pattern}))?", re.IGNORECASE)
_LARGEST = (1 << 52) - 1


@dataclass(frozen=True)
class PageRange:
    """Page frames, the last included. `single`: people named one page, not a range."""

    first: int
    last: int
    single: bool


def page_range(word: str, page_size: int) -> PageRange:
    """What people call a page or a range of pages.

    Args:
        word: a page frame number (`19245`, `pfn:0x4b2d`), a physical address (`0x4b2d000`), or two
            of them with `-` between, both included.
        page_size: bytes of a base page.

    Raises:
        UsageError for another word, a range that ends before it begins, and a page past 2^52.
    """
    found = _RANGE.fullmatch(word.strip())
    if found is None:
        raise UsageError(
            f"not a page: {word!r} (use a page frame number, a physical address such as "
            f"0x4b2d000, pfn:0x4b2d, or two of them as A-B)"
        )
    first, last = _pfn(found[1], page_size), _pfn(found[2] or found[1], page_size)
    if last < first:
        raise UsageError(f"not a range of pages: {word!r} ends before it begins")
    if last > _LARGEST:
        raise UsageError(f"not a page: {word!r} (a page frame number is below 2^52)")
    return PageRange(first, last, found[2] is None)


def _pfn(text: str, page_size: int) -> int:
    number = text.lower().lstrip("pfn:= \t")
    if not number.startswith("0x"):
        return int(number)
    value = int(number, 16)
    return value if text.lower().startswith("pfn") else value // page_size


def near_query(dump: Dump, pages: PageRange, where: Where) -> Query:
    """One row: bounds of the page frames at which blocks start that `page_query` is about."""
    numbers = {"first": pages.first, "last": pages.last, "dump_id": dump.dump_id}
    return render(
        "page_near",
        {**where.parameters(), **numbers},
        where=where,
        single=pages.single,
        reports=dump.kind in _REPORTS,
    )


def page_query(  # noqa: PLR0913  # the parts of one question
    dump: Dump,
    pages: PageRange,
    where: Where,
    near: tuple[int, int],
    *,
    evidence: bool = True,
    each: int | None = None,
    limit: int | None = None,
    summed: bool = False,
) -> Query:
    """A row a block that holds one of the pages, its neighbours, and sums by owner.

    `near`: what `near_query` gives; only records there are read. `each`: rows of a part at most;
    `limit`: rows at most. With `summed` one row: the blocks in a range, their pages there, and how
    many of those are not Movable.
    """
    lowest, highest = near
    bounds = {"first": pages.first, "last": pages.last, "lowest": lowest, "highest": highest}
    numbers = {**bounds, "each": each, "limit": limit}
    return render_both(
        "page",
        {**where.parameters(), **numbers, "dump_id": dump.dump_id},
        where=where,
        single=pages.single,
        reports=dump.kind in _REPORTS,
        evidence=evidence,
        each=each,
        limit=limit,
        summed=summed,
    )


def page_answer(  # noqa: PLR0913  # the parts of one question
    database: Database,
    dump: Dump,
    word: str,
    where: Where,
    *,
    evidence: bool = True,
    each: int | None = None,
    limit: int | None = None,
) -> Answer:
    """What lies at a page or in a range of pages.

    Raises UsageError for a word that names neither, MissingFieldError for a summary, which does
    not say where its memory lies.
    """
    pages = page_range(word, dump.page_size)
    if dump.kind != Kind.PAGE_OWNER and dump.kind not in _REPORTS:
        raise MissingFieldError(
            f"{printable(dump.label)}: this summary ({dump.kind}) has no page frame numbers; "
            f"page needs a page_owner dump or a log of page reports"
        )
    where = replace(check_filters(database, [dump], where), labels=(dump.label,))
    keep_owners(database)
    bounds = near_query(dump, pages, where)
    near = database.rows(bounds.sql, bounds.parameters)[0]
    query = page_query(dump, pages, where, near, evidence=evidence, each=each, limit=limit)
    asked = _Words(database, dump, pages, where, near)
    say = asked.of_page if pages.single else asked.of_range

    def notes() -> Iterator[str]:
        yield from asked.notes()
        yield from caveats(database, [dump], [Key.OWNER], where)

    return Answer(Plan(query), caption=say, notes=notes)


class _Words:
    """The answer to one question in words."""

    def __init__(
        self,
        database: Database,
        dump: Dump,
        pages: PageRange,
        where: Where,
        near: tuple[int, int],
    ) -> None:
        self._database = database
        self._dump = dump
        self._pages = pages
        self._where = where
        self._near = near

    @cached_property
    def _rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each part; of a range the first ones."""
        each = None if self._pages.single else _FIRST
        query = page_query(self._dump, self._pages, self._where, self._near, each=each)
        rows = stream(self._database, query.sql, query.parameters)
        names = [column.name for column in rows.columns]
        found: dict[str, list[dict[str, Any]]] = {part: [] for part in _PARTS}
        for row in rows.rows():
            found[row[0]].append(dict(zip(names, row, strict=True)))
        return found

    @cached_property
    def _sums(self) -> tuple[Any, ...]:
        """Of a range: its blocks, their pages there, and how many of these are not Movable."""
        query = page_query(self._dump, self._pages, self._where, self._near, summed=True)
        return self._database.rows(query.sql, query.parameters)[0]

    def of_page(self) -> str:
        """Whose the page is, and how its pageblock is filled."""
        pfn, page_size = self._pages.first, self._dump.page_size
        name = f"page {pfn} (pfn {pfn:#x}, address {pfn * page_size:#x})"
        blocks = self._rows["block"]
        said = f"{name} is in no record: free, reserved, or never seen by page_owner"
        if blocks:
            block = blocks[-1]
            of = 1 << block["order"]
            which = f"page {pfn - block['pfn'] + 1} of {of} in " if of > 1 else ""
            said = f"{name} is {which}block {block['pfn']} of {_whose(block)}"
        return "; ".join([f"{printable(self._dump.label)}: {said}", *self._pageblock()])

    def _pageblock(self) -> Iterator[str]:
        parts = self._rows["pageblock"]
        if not parts:
            return
        first, last = parts[0]["pfn"], parts[0]["last_pfn"]
        pages = sum(part["pages"] for part in parts)
        mixed = [part for part in parts if part["migratetype"] != part["pageblock_migratetype"]]
        yield (
            f"of its pageblock {first}-{last} ({parts[0]['pageblock_migratetype']}) "
            f"{count(pages)} of {count(last - first + 1)} pages are allocated"
        )
        strays = ", ".join(f"{count(each['pages'])} {each['migratetype']}" for each in mixed[:3])
        more = ", …" if len(mixed) > 3 else ""  # as many as stand there
        yield f"it is mixed: {strays}{more}" if mixed else "it is not mixed"

    def of_range(self) -> str:
        """How much of the range is allocated, and how much of that cannot be moved."""
        first, last = self._pages.first, self._pages.last
        there = last - first + 1
        blocks, pages, unmovable = self._sums
        said = "no record lies there"
        if blocks:
            said = (
                f"{count(pages)} of {count(there)} pages are allocated ({share(pages / there)}), "
                f"in {count(blocks)} blocks; {count(unmovable)} pages are not Movable"
            )
        return (
            f"{printable(self._dump.label)}: pages {first}-{last} (pfn {first:#x}-{last:#x}), "
            f"{size(there * self._dump.page_size)}: {said}"
        )

    def notes(self) -> Iterator[str]:
        """The stack of a page; the nearest blocks of what nobody has."""
        if not self._pages.single and self._sums[0]:
            return
        blocks = self._rows["block"]
        if not blocks:
            for part in ("before", "after"):
                for row in self._rows[part]:
                    where = f"block {row['pfn']}-{row['last_pfn']}"
                    yield f"the nearest {part}: {where} of {_whose(row)}"
        if len(blocks) > 1:
            yield f"{len(blocks)} records have it: it was allocated again while the dump was read"
        for block in blocks:
            frames = (block["stack"] or "(no stack)").splitlines()
            yield f"stack {block['stack_id']}: {' < '.join(map(printable, frames))}"


def _whose(block: Mapping[str, Any]) -> str:
    by = f", by {printable(block['comm'])}" if block["comm"] else ""
    return f"{printable(block['owner'] or '?')} ({block['subsystem'] or 'other'}){by}"
