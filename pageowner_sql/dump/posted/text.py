"""A posted text: whether a file is one, what kind it is, and the kernel's own text in it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO, cast

from pageowner_sql.dump.kernel_form import kernel_record, regions
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.lines import Filler, Reject
from pageowner_sql.dump.posted.counts import read_sorted, read_stack_counts
from pageowner_sql.dump.posted.debuggers import (
    debugger_kind,
    read_counted,
    read_frequency,
    read_minidump,
    read_pages,
)
from pageowner_sql.dump.posted.lines import BLANKS, PostedLine, decode, remove_double_spacing, split
from pageowner_sql.dump.posted.prefixes import take_off
from pageowner_sql.dump.posted.records import Canonical, read_records
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.posted.reports import read_reports
from pageowner_sql.dump.posted.wrapping import join_screen_lines
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.sorted_names import NAME_UNKNOWN
from pageowner_sql.dump.source import Source
from pageowner_sql.dump.summaries import parse_summary

# Nobody posts a longer text; only the strict reading is tried on it.
LARGEST = 16 << 20


@dataclass(frozen=True)
class Posted:
    """A posted text: the bytes as they came, and the kernel's own text in them.

    `repairs` says in words what lies between the two; `lines` has for each line of `text` the
    number of the posted line that it is from.
    """

    kind: Kind
    raw: bytes
    text: bytes
    repairs: tuple[str, ...]
    lines: Sequence[int]

    def source(self, name: str) -> Source:
        """The kernel's own text as a source of that name."""
        return Source(cast(BinaryIO, io.BytesIO(self.text)), name, None)

    @property
    def done(self) -> str:
        """What was done to the text, in a line."""
        return "; ".join(self.repairs)


def find_posted(source: Source) -> Posted | None:
    """The posted text that a source holds; None where it is in the kernel's own form.

    The caller has tried `has_kernel_form`. Raises InputError where it cannot be read.
    """
    head = source.peek(HEAD)
    whole = len(head) < HEAD
    size = source.size if source.is_plain else None
    if size is not None and size > LARGEST:
        return None
    raw = head if whole else source.peek((size or LARGEST) + 1)
    return read_posted(raw) if len(raw) <= LARGEST else None


def too_large(source: Source) -> str:
    """Why a source was not read as posted text, for a message; empty where its size allows that."""
    size = source.size if source.is_plain else None
    if (len(source.peek(LARGEST + 1)) if size is None else size) <= LARGEST:
        return ""
    return (
        f"; a text of more than {LARGEST >> 20} MiB is read only as the kernel writes it: cut out "
        f"the part with the records, to have it read as posted text"
    )


def read_posted(raw: bytes) -> Posted | None:
    """Read a text as posted; None where there is nothing to read, or nothing to do."""
    repairs = Repairs()
    text = decode(raw, repairs)
    lines = remove_double_spacing(take_off(split(text, repairs), repairs), repairs)
    lines = join_screen_lines(lines, repairs)
    kind = _kind(lines)
    if kind is None:
        return None
    found = _READERS[kind](lines, repairs)
    if not found.lines:
        return None
    canonical = _ended(found, lines, text)
    if canonical == raw or not _is_better(kind, raw, canonical):
        return None
    words = repairs.words() or (WRITTEN,)
    return Posted(kind, raw, canonical, words, found.numbers)


# A frame that the text's end cuts before its size is whole.
_CUT_FRAME = re.compile(rb"(?:\? )?[A-Za-z_][\w.$]*(?:\+(?:0(?:x[0-9a-f]*)?)?(?:/0?x?)?)?")


def _ended(found: Canonical, lines: list[PostedLine], text: bytes) -> bytes:
    """The lines joined; what the text's end cut off must look so to the strict reading."""
    said, last = found.lines, lines[-1]
    rest = b"" if text.endswith(b"\n") else last.text.strip(BLANKS)
    if not said[-1] and _CUT_FRAME.fullmatch(rest):
        # It was skipped, as no frame, or read as one with a size that is not whole.
        was_read = len(said) > 1 and found.numbers[-2] == last.number
        before = found.numbers[-2 - was_read :][0]
        if (b"+" in rest or not was_read) and before + 1 == last.number:
            return b"\n".join(said[: -1 - was_read]) + b"\n"
    if not said[-1] and found.numbers[-2:-1] == [lines[-1].number]:
        said = said[:-1]
        if not text.endswith(b"\n"):
            return b"\n".join(said)
    return b"\n".join(said) + b"\n"


def _is_better(kind: Kind, raw: bytes, canonical: bytes) -> bool:
    """Whether the strict reading of `canonical` gives what that of `raw` does not."""
    if kind is Kind.PAGE_OWNER:
        return _score(canonical) > _score(raw)
    if sniff_kind(raw) is not kind:
        return True
    before, after = (list(parse_summary(kind, [text])) for text in (raw, canonical))
    rejects, others = (
        [item for item in items if isinstance(item, Reject)] for items in (before, after)
    )
    if any(item.reason == NAME_UNKNOWN for item in rejects):
        return False
    rows = [[_told(item) for item in items if _is_row(item)] for items in (before, after)]
    better = (len(rows[1]), -len(others)) > (len(rows[0]), -len(rejects))
    return better or (len(rows[0]) == len(rows[1]) and rows[0] != rows[1])


def _is_row(item: object) -> bool:
    return not isinstance(item, Reject | Filler)


def _told(row: Any) -> tuple[object, ...]:
    """What a name cannot change in a row."""
    return tuple(getattr(row, name, None) for name in ("stack", "free_stack", "pfn", "trailers"))


def _score(text: bytes) -> tuple[int, int]:
    """How many records the strict reading would find in a text, and what else, negative.

    A line that the text's end cuts is neither.
    """
    text = text[: text.rfind(b"\n") + 1]
    found = regions(text)
    first = found[0][0] if found else len(text)
    good = sum(
        kernel_record(text[start:end]) is not None
        for start, end in found
        if not start or text.endswith(b"\n\n", 0, start)
    )
    return good, good - len(found) - bool(text[:first].strip(b"\n"))


# What was done where nothing else was.
WRITTEN = "lines written as the kernel does"

_SIGNS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    (Kind.SORTED, re.compile(rb"[0-9]{1,19} times, [0-9]{1,19} pages(?:[, :]|\Z)")),
    (Kind.PAGE_OWNER, re.compile(rb"Page allocated via order [0-9]+")),
    (Kind.DMESG, re.compile(rb"page (?:last )?allocated via order [0-9]+")),
)
_COUNT_5_10 = re.compile(rb"[0-9]{1,19} times:")
_RECORD = re.compile(rb"Page allocated via order [0-9]+")
_HANDLE = re.compile(rb"handle: -?[0-9]{1,10}")
_COUNT = re.compile(rb"(?:nr_base_pages|stack_count): -?[0-9]{1,10}")


def _kind(lines: list[PostedLine]) -> Kind | None:
    if kind := debugger_kind(lines):
        return kind
    texts = [line.text.strip(BLANKS) for line in lines]
    # A name can hold the first of these lines, but not the second.
    if any(_COUNT_5_10.fullmatch(one) and _RECORD.match(other) for one, other in pairwise(texts)):
        return Kind.SORTED
    for kind, sign in _SIGNS:
        if any(sign.match(text) for text in texts):
            return kind
    handle = any(_HANDLE.fullmatch(text) for text in texts)
    count = any(_COUNT.fullmatch(text) for text in texts)
    if handle:
        return Kind.SHOW_HANDLES if count else Kind.SHOW_STACKS_HANDLES
    return Kind.SHOW_STACKS if count else None


_READERS = {
    Kind.PAGE_OWNER: read_records,
    Kind.SORTED: read_sorted,
    Kind.DMESG: read_reports,
    Kind.GDB: read_pages,
    Kind.CRASH: read_pages,
    Kind.PAGE_TRACKING: read_pages,
    Kind.PAGE_FREQUENCY: read_frequency,
    Kind.PAGEOWNER_DUMP: read_counted,
    Kind.MINIDUMP: read_minidump,
    Kind.SHOW_STACKS: read_stack_counts,
    Kind.SHOW_HANDLES: read_stack_counts,
    Kind.SHOW_STACKS_HANDLES: read_stack_counts,
}
