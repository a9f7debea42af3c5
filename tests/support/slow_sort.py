"""What `sort` has to count, counted slowly from the text alone, without this project's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_START = re.compile(rb"(?:\A|(?<=\n\n))(?=Page allocated via order )")
# The names of these texts have at most 15 bytes; greedy, so the last possible end is theirs.
_HEADER = re.compile(
    rb"Page allocated via order (?P<order>\d+), mask 0x[0-9a-f]+(?:\([^)\n]*\))?"
    rb"(?:, pid (?P<pid>-?\d+))?(?:, tgid (?P<tgid>-?\d+) \((?P<comm>.{0,15})\))?"
    rb"(?:, ts (?P<ts>\d+) ns)?(?:, free_ts (?P<free_ts>\d+) ns)?\n(?P<pfn>PFN [^\n]*)\n",
    re.DOTALL,
)
_SLAB = re.compile(rb" (?:new_slab|allocate_slab|alloc_slab_page|___slab_alloc)[.+]")
# What a terminal acts on, or what hides and reorders text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Slow:
    """One record."""

    pages: int
    pid: int
    tgid: int
    comm: bytes
    ts: int | None
    free_ts: int | None
    stack: bytes
    allocator: bytes

    @property
    def released(self) -> bool:
        """The page was freed after it had been allocated."""
        known = self.ts is not None and self.free_ts
        return bool(known) and int(self.ts or 0) < int(self.free_ts or 0)


def shown(name: bytes) -> bytes:
    """How a report shows a name: injective, and inert on a terminal."""
    text = name.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    spelled = _UNSAFE.sub(lambda c: "".join(f"\\x{byte:02x}" for byte in c[0].encode()), text)
    return spelled.encode()


def records_of(text: bytes) -> Iterator[Slow]:
    """Every record of `text`, which holds nothing else."""
    for record in filter(None, _START.split(text)):
        found = _HEADER.match(record)
        assert found, record
        rest = record[found.end() :]
        stack = b"".join(line + b"\n" for line in rest.split(b"\n") if line.startswith(b" "))
        yield Slow(
            pages=1 << int(found["order"]),
            pid=int(found["pid"] or -1),
            tgid=int(found["tgid"] or -1),
            comm=found["comm"] or b"",
            ts=_number(found["ts"]),
            free_ts=_number(found["free_ts"]),
            stack=stack,
            allocator=_allocator(found["pfn"], rest),
        )


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)


def _allocator(pfn_line: bytes, rest: bytes) -> bytes:
    slab = b"slab" in re.split(rb"[|(),]", pfn_line) or b"\nSlab cache page\n" in b"\n" + rest
    vmalloc = b"alloc_pages" in rest and b"__vmalloc_node_range" in rest
    names = [
        b"CMA " * (b" type CMA " in pfn_line),
        b"SLAB " * (slab or _SLAB.search(rest) is not None),
        b"VMALLOC " * vmalloc,
    ]
    return b"".join(names) or b"OTHERS "


Key = Callable[[Slow], bytes]


def counted(records: Iterable[Slow], key: Key) -> dict[bytes, tuple[int, int]]:
    """Records and pages of each key."""
    groups: dict[bytes, tuple[int, int]] = {}
    for record in records:
        times, pages = groups.get(key(record), (0, 0))
        groups[key(record)] = times + 1, pages + record.pages
    return groups


def report_of(records: Iterable[Slow], key: Key) -> bytes:
    """The culled rows, most records first, then by their key's bytes: `key` is what they print."""
    groups = counted(records, key)
    rows = sorted(groups.items(), key=lambda row: (-row[1][0], row[0]))
    return b"".join(b"%d times, %d pages%s\n" % (*counts, text) for text, counts in rows)
