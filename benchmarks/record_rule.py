"""A second, simple implementation of the rule that separates records from names.

The benchmark checks the project's reader, so it shares no code with it.
"""

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_COMM = 15

_BORDER = re.compile(rb"\n\n(?=Page allocated via order )")
_HEAD = re.compile(
    rb"Page allocated via order (?P<order>\d+), mask 0x[0-9a-f]+(?:\([^)\n]*\))?"
    rb"(?:, pid (?P<pid>\d+))?(?:, tgid (?P<tgid>\d+) \()?"
)
_CLOCK = rb", ts (?P<ts>\d+) ns(?:, free_ts (?P<free_ts>\d+) ns)?"
_NAMED_TAIL = re.compile(rb"\)" + _CLOCK + rb"\nPFN ")
_BARE_TAIL = re.compile(rb"(?:" + _CLOCK + rb")?\nPFN ")
_PFN = re.compile(rb"(?P<pfn>0x[0-9a-f]+|\d+) (?:type \w+ )?Block (?P<block>\d+) ")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one record lie: offsets into it, `fields` in the order of the text."""

    fields: dict[str, Span]
    comm: Span
    stack: int


def split(dump: bytes | mmap.mmap) -> Iterator[bytes]:
    """Yield the records of a dump, each with its ending empty line, so that they join to `dump`."""
    start = 0
    for border in _BORDER.finditer(dump):
        yield dump[start : border.end()]
        start = border.end()
    if start < len(dump):
        yield dump[start:]


def layout(record: bytes) -> Layout | None:
    """Find a record's numbers, its comm (empty where the kernel gives none) and its stack.

    None if it has no header or no PFN line behind it.
    """
    head = _HEAD.match(record)
    tail = _tail(record, head) if head else None
    pfn = _PFN.match(record, tail.end()) if tail else None
    if not (head and tail and pfn):
        return None
    spans = {name: m.span(name) for m in (head, tail, pfn) for name in m.groupdict()}
    fields = {name: span for name, span in spans.items() if span[0] >= 0}
    stack = record.find(b"\n", pfn.end()) + 1
    return Layout(fields, (head.end(), tail.start()), stack or len(record))


def _tail(record: bytes, head: re.Match[bytes]) -> re.Match[bytes] | None:
    """The last tail that a comm of at most 15 bytes leaves room for: earlier ones are forged."""
    if head["tgid"] is None:
        return _BARE_TAIL.match(record, head.end())
    for length in range(LONGEST_COMM, -1, -1):
        if tail := _NAMED_TAIL.match(record, head.end() + length):
            return tail
    return None
