"""A machine of known truth whose samples are made without waiting."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from pageowner_sql.live.sampler import Sample, Series

START = datetime(2026, 11, 28)  # noqa: DTZ001  # UTC, as the tables have it
FACTS = {"boot_id": "boot-1", "host": "node7", "kernel": "7.3.4", "page_size": "4096"}
MIB = 1 << 20

# Bytes at a share of the recording, 0 to 1; `day` is the share at which a day ends.
Truth = Callable[[float, float], float]

TRUTHS: Mapping[str, Truth] = {
    "trend": lambda at, _: 50 * MIB + 40 * MIB * at,
    "step": lambda at, _: 80 * MIB if at > 0.55 else 20 * MIB,
    "spike": lambda at, _: 200 * MIB if 0.4 < at < 0.44 else 30 * MIB,
    "rhythm": lambda at, day: 100 * MIB + 40 * MIB * math.sin(2 * math.pi * at / day),
}


def frames(name: str) -> str:
    return f" alloc_pages+0x1/0x2\n {name}+0x1/0x2\n do_syscall_64+0x1/0x2"


def stack_series(name: str) -> Series:
    return Series("show_stacks", frames(name), None, frames(name))


def samples(
    count: int, every: float, truths: Mapping[str, Truth], *, day: float = 86400, others: int = 0
) -> Iterator[Sample]:
    """So many samples, `every` seconds; `others` are stacks that move by chance."""
    chance = random.Random(5)  # noqa: S311  # the same each time
    lasts = (count - 1) * every or 1
    noise = [chance.randrange(1, 1 << 16) for _ in range(others)]
    quiet = [stack_series(f"other_{number}") for number in range(others)]
    named = {name: stack_series(f"make_{name}") for name in truths}
    for number in range(count):
        at = number * every / lasts
        counts: dict[Series, int] = {}
        for name, truth in truths.items():
            pages = truth(at, day / lasts) * chance.uniform(0.98, 1.02) // 4096
            counts[named[name]] = int(pages) * 4096
        for place in range(others):
            # Most stacks of a machine hold the same from one sample to the next.
            if chance.random() < 0.2:
                noise[place] = max(noise[place] + chance.randrange(-16, 17), 0)
            counts[quiet[place]] = noise[place] * 4096
        taken = START + timedelta(seconds=number * every)
        yield Sample("show_stacks", taken, int(number * every * 1e9), FACTS, counts)
