"""Makes dumps that are hard on memory: many distinct texts, much that is not a record.

Each begins and ends with an ordinary record, so that there is something to load.
"""

import lzma
import os
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.distinct_stacks import SEED, record_of, stack_of
from benchmarks.scale import write

_PIECE = 1 << 16
_FUNCTIONS = 20_000
_STACK = b" post_alloc_hook+0x1c6/0x2e0\n do_anonymous_page+0x11d/0x50e\n"

Parts = Iterator[bytes]


def _ordinary() -> Parts:
    for number in count():
        yield record_of(number, _STACK)


def _headers() -> Parts:
    for number in count():
        yield record_of(number, _STACK, b"task %d" % number, 100 + number % 100_000)


def _stacks() -> Parts:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    for number in count():
        names = (chance.randrange(_FUNCTIONS) for _ in range(chance.randint(3, 11)))
        yield record_of(number, stack_of(names))


def _functions() -> Parts:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    fresh = count()
    for number in count():
        yield record_of(number, stack_of(next(fresh) for _ in range(chance.randint(3, 11))))


def _memcgs() -> Parts:
    for number in count():
        name = b"system.slice/containers-%08x.scope" % number
        yield record_of(number, _STACK + b"Charged to memcg %s\n" % name)


def _rejects() -> Parts:
    for number in count():
        yield record_of(number, _STACK).replace(b"PFN", b"PNF")


def _starts() -> Parts:
    while True:
        yield b"Page allocated via order \n\n" * 2048


def _garbage() -> Parts:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    while True:
        yield chance.randbytes(_PIECE)


def _blank() -> Parts:
    while True:
        yield b"\n" * _PIECE


def _gaps() -> Parts:
    for number in count():
        yield record_of(number, _STACK) + b"\n"


def _line() -> Parts:
    while True:
        yield b"x" * _PIECE


def _zeros() -> Parts:
    while True:
        yield bytes(_PIECE)


KINDS: dict[str, Callable[[], Parts]] = {
    "ordinary": _ordinary,
    "distinct headers": _headers,
    "distinct stacks": _stacks,
    "distinct functions": _functions,
    "distinct memcgs": _memcgs,
    "rejects": _rejects,
    "record starts": _starts,
    "garbage": _garbage,
    "blank lines": _blank,
    "a blank line a record": _gaps,
    "one line": _line,
    "zeros": _zeros,
}


def dump(kind: str, size: int) -> Parts:
    """Yield a dump of `kind`, of about `size` bytes, in pieces of some kilobytes."""
    border = record_of(0, _STACK)
    yield border
    held: list[bytes] = []
    length = 0
    for part in KINDS[kind]():
        held.append(part)
        length += len(part)
        if length >= _PIECE:
            yield b"".join(held)
            size -= length
            held, length = [], 0
            if size <= 0:
                break
    yield b"\n\n" + border


def make(kind: str, size: int, target: Path) -> None:
    """Write a dump of `kind` to `target`."""
    write(dump(kind, size), target)


def make_bomb(size: int, target: Path) -> None:
    """Write a dump of `size` zeros to `target`, compressed: a few thousandths of that."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    with lzma.open(unfinished, "wb", preset=0) as out:
        out.writelines(dump("zeros", size))
    unfinished.replace(target)
