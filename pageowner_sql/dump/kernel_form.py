"""Whether text is page_owner output just as the kernel writes it, whatever its names are."""

from __future__ import annotations

import re
from itertools import pairwise

from pageowner_sql.dump.exact_parser import NoRecordError, read_record
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.refusals import refuse_archive
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import Source

TRAILER = re.compile(
    rb"Slab cache page|Charged .*memcg .*|Page has been migrated, last migrate reason: .*"
    rb"|handle: -?[0-9]+|Page allocated by module .*"
)
# A line below the PFN line as the kernel prints it, in any of its versions.
_KERNEL_LINE = re.compile(
    rb" ?(?:\[<[0-9a-f]{8,16}>\] )?(?:[!-*,-\[\]-~]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[^\]\n]*\])?"
    rb"|0x[0-9a-f]{8,16})"
)
_RECORD_START = re.compile(rb"^Page allocated via order ", re.MULTILINE)
_FRAME_SIGN = re.compile(rb"\+0x[0-9a-f]")


def kernel_record(region: bytes) -> int | None:
    """Size of the record at the start of a region, None where it is not in the kernel's own form.

    A region reaches to the next record's start. No name can make it differ from that form.
    """
    ended = region if region.endswith(b"\n\n") else region.rstrip(b"\n") + b"\n\n"
    try:
        record, size = read_record(ended)
    except NoRecordError:
        return None
    lines = record.rest.rstrip(b"\n").split(b"\n") if record.rest.strip(b"\n") else []
    if not all(_KERNEL_LINE.fullmatch(line) or TRAILER.fullmatch(line) for line in lines):
        return None
    return None if _FRAME_SIGN.search(region, size) else min(size, len(region))


def regions(text: bytes) -> list[tuple[int, int]]:
    """Where records start that stand at a line's start, and where each one's region ends."""
    starts = [found.start() for found in _RECORD_START.finditer(text)]
    return list(pairwise([*starts, len(text)]))


def is_kernel_form(head: bytes, *, whole: bool) -> bool:
    """Whether the start of a page_owner dump is as the kernel wrote it.

    It is judged by the lines that no name reaches: a hostile name cannot take the strict reading
    away from a dump. `whole`: there is nothing behind it.
    """
    found = regions(head)
    if not whole:
        found = found[:-1]
    good = [
        (not start or head.endswith(b"\n\n", 0, start))
        and kernel_record(head[start:end]) is not None
        for start, end in found
    ]
    if whole and not head.endswith(b"\n") and len(good) > 1:
        good.pop()
    if not good or head[: found[0][0]].strip(b"\n"):
        return not good and not whole
    return all(good) if whole else good[0] and sum(good) * 2 >= len(good)


def has_kernel_form(source: Source) -> bool:
    """Whether a source is a page_owner dump in the kernel's own form, judged by its beginning.

    Raises InputError where it cannot be read, and for an archive.
    """
    head = source.peek(HEAD)
    refuse_archive(source.name, head)
    return sniff_kind(head) is Kind.PAGE_OWNER and is_kernel_form(head, whole=len(head) < HEAD)
