"""The correct output of `--cull=stacktrace`, counted slowly and without the project's code.

A row is one stack: the lines of a record below its PFN line that are no trailers. Rows come by
times descending, then by stack, bytewise.
"""

import hashlib
import mmap
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record_rule
from benchmarks.record_rule import layout, split

_TRAILERS = re.compile(
    rb"^(?:handle: \d+"
    rb"|Page has been migrated, last migrate reason: .*"
    rb"|Slab cache page"
    rb"|Charged (?:\(via objcg\) )?to (?:offline )?memcg .*"
    rb")\n",
    re.MULTILINE,
)
_ROW = re.compile(rb"^(\d+) times, (\d+) pages:$")


@dataclass(frozen=True, slots=True)
class Row:
    """One stack: how many records, how many base pages, its lines without the last newline."""

    times: int
    pages: int
    stack: bytes


def count(dump: bytes | mmap.mmap, *, trailers: bool = False) -> list[Row]:
    """Count the records and pages of each stack of an uncompressed dump.

    With `trailers` those lines belong to a stack, as they do for page_owner_sort.
    """
    times: Counter[bytes] = Counter()
    pages: Counter[bytes] = Counter()
    for record in split(dump):
        found = layout(record)
        if found is None:
            continue
        rest = record[found.stack :]
        times[rest] += 1
        pages[rest] += 1 << int(record[slice(*found.fields["order"])])
    clean = _without_empty_lines if trailers else without_trailers
    return _merge((clean(rest), number, pages[rest]) for rest, number in times.items())


def without_trailers(rest: bytes) -> bytes:
    """Give the stack lines below a PFN line."""
    return _TRAILERS.sub(b"", _without_empty_lines(rest) + b"\n").rstrip(b"\n")


def parse(report: bytes) -> list[Row]:
    """Read what `sort --cull=stacktrace` printed, in its own order.

    Raises ValueError where a block of it does not start as a row does.
    """
    rows = []
    for block in report.removesuffix(b"\n\n").split(b"\n\n"):
        head, _, rest = block.partition(b"\n")
        found = _ROW.match(head)
        if found is None:
            raise ValueError(f"not a row: {head[:80]!r}")
        rows.append(Row(int(found[1]), int(found[2]), without_trailers(rest)))
    return rows


def _without_empty_lines(rest: bytes) -> bytes:
    return rest.rstrip(b"\n")


def _merge(counted: Iterable[tuple[bytes, int, int]]) -> list[Row]:
    times: Counter[bytes] = Counter()
    pages: Counter[bytes] = Counter()
    for stack, more_times, more_pages in counted:
        times[stack] += more_times
        pages[stack] += more_pages
    rows = [Row(times[stack], pages[stack], stack) for stack in times]
    return sorted(rows, key=lambda row: (-row.times, row.stack))


def render(rows: Iterable[Row]) -> bytes:
    """Print rows as `sort --cull=stacktrace` does."""
    return b"".join(
        b"%d times, %d pages:\n%s\n"
        % (row.times, row.pages, row.stack + b"\n" if row.stack else b"")
        for row in rows
    )


def count_file(dump: Path) -> list[Row]:
    """Count a dump's stacks, or read the cached count of the same code."""
    code = b"".join(Path(module).read_bytes() for module in (__file__, record_rule.__file__))
    kept = dump.with_name(f"{dump.name}.{hashlib.sha256(code).hexdigest()[:12]}.stacks")
    if kept.exists() and kept.stat().st_mtime_ns > dump.stat().st_mtime_ns:
        return parse(kept.read_bytes())
    for stale in dump.parent.glob(f"{dump.name}.*.stacks"):
        stale.unlink()
    with dump.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        rows = count(text)
    kept.write_bytes(render(rows))
    return rows


def main() -> None:
    """Print the stacks of a dump: `python -m benchmarks.slow_count DUMP`."""
    sys.stdout.buffer.write(render(count_file(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
