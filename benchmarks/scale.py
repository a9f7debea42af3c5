"""Makes a large dump from a small real one: a machine of N times the memory.

Each copy of the dump lies one machine further up in physical memory, has its own processes, and
its clock is jittered, so that rows differ as they would on the larger machine. What a record
becomes depends on nothing but the record and its copy's number: a block that lives in two dumps of
one boot is the same block in both after scaling.
"""

import argparse
import lzma
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.record_rule import layout, split

SEED = 0x9E3779B97F4A7C15
PAGEBLOCK = 512
JITTER_NS = 1_000_000
PID_STRIDE = 4096

_PLAIN = re.compile(rb"[A-Za-z0-9_./:+-]+")
# In the order of the text.
_KINDS = {"pid": 0, "tgid": 0, "ts": 1, "free_ts": 1, "pfn": 2, "block": 3}
_CLOCK = 1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Template:
    """A dump with its numbers taken out: `text % values` gives the dump back.

    `values`, `kinds` (a number of `_KINDS` each) and `clocks` (the alloc_ts, ns, of the record a
    value belongs to, 0 without one) have one row a number.
    """

    text: bytes
    values: Numbers
    kinds: Numbers
    clocks: Numbers
    stride: int

    def copy(self, number: int) -> bytes:
        """Give the dump as copy `number` has it; number 0 differs from the source in its clock."""
        frames = number * self.stride
        steps = np.array([number * PID_STRIDE, 0, frames, frames // PAGEBLOCK])
        moved = self.values + steps[self.kinds]
        moved += np.where(self.kinds == _CLOCK, _jitter(self.clocks, number), 0)
        # Kernel threads of the boot (pid 0) and times never set (0) stay what they are.
        kept = (self.values == 0) & (self.kinds <= _CLOCK)
        return self.text % tuple(np.where(kept, 0, moved).tolist())


def read(path: Path) -> bytes:
    """Read a dump whole, decompressing .xz."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def template(dump: bytes, *, plain: bool = False) -> Template:
    """Take a dump apart; with `plain`, without the records whose comm holds more than a word."""
    text: list[bytes] = []
    values: list[int] = []
    kinds: list[int] = []
    clocks: list[int] = []
    for record in split(dump):
        found = layout(record)
        if found is None:
            text.append(record.replace(b"%", b"%%"))
            continue
        if plain and not _PLAIN.fullmatch(record[slice(*found.comm)]):
            continue
        numbers = {name: found.fields[name] for name in _KINDS if name in found.fields}
        text.append(_blank(record, numbers))
        values += [int(record[slice(*span)], _base(record, span)) for span in numbers.values()]
        kinds += [_KINDS[name] for name in numbers]
        clock = int(record[slice(*numbers["ts"])]) if "ts" in numbers else 0
        clocks += [clock] * len(numbers)
    value, kind, clock_of = np.array([values, kinds, clocks], dtype=np.int64)
    return Template(b"".join(text), value, kind, clock_of, _stride(value, kind))


def copies(dump: bytes, number: int, *, plain: bool = False) -> Iterator[bytes]:
    """Yield `number` copies of a dump, ascending in physical memory."""
    parts = template(dump, plain=plain)
    for copy in range(number):
        yield parts.copy(copy)


def write(parts: Iterator[bytes], target: Path) -> None:
    """Write under another name and rename, so that a killed run leaves no half workload."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as out:
            out.writelines(parts)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _blank(record: bytes, numbers: dict[str, tuple[int, int]]) -> bytes:
    """Put a conversion in the place of each number, in the number's own base."""
    pieces = []
    end = 0
    for start, stop in numbers.values():
        pieces.append(record[end:start].replace(b"%", b"%%"))
        pieces.append(b"0x%x" if _base(record, (start, stop)) == 16 else b"%d")
        end = stop
    pieces.append(record[end:].replace(b"%", b"%%"))
    return b"".join(pieces)


def _base(record: bytes, span: tuple[int, int]) -> int:
    return 16 if record[span[0] : span[0] + 2] == b"0x" else 10


def _stride(values: Numbers, kinds: Numbers) -> int:
    """A machine's size in pages: a power of two, so that dumps of one boot get the same."""
    frames = values[kinds == _KINDS["pfn"]]
    return max(PAGEBLOCK, 1 << int(frames.max()).bit_length()) if frames.size else PAGEBLOCK


def _jitter(clocks: Numbers, number: int) -> Numbers:
    """Up to a millisecond, by copy and time (splitmix64): equal times of a copy stay equal."""
    mixed = clocks.astype(np.uint64) + np.uint64((SEED * (number + 1)) & (2**64 - 1))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(JITTER_NS)).astype(np.int64)


def main() -> None:
    """Write N copies of a dump to a file: `python -m benchmarks.scale SOURCE TARGET -n 12`."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=main.__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("-n", "--copies", type=int, default=12)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th record")
    parser.add_argument("--plain", action="store_true", help="leave out hostile names")
    asked = parser.parse_args()
    dump = b"".join(islice(split(read(asked.source)), 0, None, asked.every))
    write(copies(dump, asked.copies, plain=asked.plain), asked.target)


if __name__ == "__main__":
    main()
