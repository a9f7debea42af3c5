"""Makes a dump of many distinct stacks: what the stack depot of a large server holds.

Frames look like the kernel's, ends included, so that rules of ownership meet what they would meet.
"""

import argparse
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.scale import write

SEED = 17
_INNER = (
    b" post_alloc_hook+0x1c6/0x2e0\n get_page_from_freelist+0x3a2/0x1100\n"
    b" __alloc_frozen_pages_noprof+0x18b/0x1070\n"
)
_OUTER = b" do_syscall_64+0x5d/0x90\n entry_SYSCALL_64_after_hwframe+0x76/0x7e\n"
_PREFIXES = (
    *("ext4", "xfs", "btrfs", "tcp", "udp", "unix", "nf", "blk", "bio", "kvm", "mlx5e", "nvme"),
    *("do", "mm", "sched", "proc", "vfs", "dev", "pci", "usb", "snd", "drm", "acme", "__alloc"),
)


def dump(stacks: int, functions: int | None) -> Iterator[bytes]:
    """Yield a record of each of `stacks` stacks of 8 to 16 frames.

    Frames are drawn from `functions` names; None: no name is used twice.
    """
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    fresh = iter(range(stacks * 16))
    for number in range(stacks):
        names = [
            next(fresh) if functions is None else chance.randrange(functions)
            for _ in range(chance.randint(3, 11))
        ]
        yield record_of(number, stack_of(names))


def stack_of(names: Iterable[int]) -> bytes:
    """Give the lines of a stack whose middle frames are of the functions of these numbers."""
    return b"".join((_INNER, *map(_frame, names), _OUTER))


def _frame(number: int) -> bytes:
    prefix = _PREFIXES[number % len(_PREFIXES)]
    return b" %s_step_%06d+0x%x/0x%x\n" % (prefix.encode(), number, 16 + number % 511, 0x200)


def record_of(number: int, rest: bytes, comm: bytes = b"worker", tgid: int = 7) -> bytes:
    """Give a record whose pid, time and page frame follow from `number`."""
    return b"".join(
        (
            b"Page allocated via order 0, mask 0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), ",
            b"pid %d, tgid %d (%s), ts %d ns\n"
            % (100 + number % 40, tgid, comm, 1_000_000 + number),
            b"PFN 0x%x type Movable Block %d type Movable " % (number, number >> 9),
            b"Flags 0x2fffff80000004(referenced|node=1|zone=2|lastcpupid=0x3fff)\n",
            *(rest, b"\n"),
        )
    )


def main() -> None:
    """Write such a dump: `python -m benchmarks.distinct_stacks TARGET --functions 20000`."""
    parser = argparse.ArgumentParser(prog="benchmarks.distinct_stacks", description=main.__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("-n", "--stacks", type=int, default=100_000)
    parser.add_argument("--functions", type=int, help="without it, all are different")
    asked = parser.parse_args()
    write(dump(asked.stacks, asked.functions), asked.target)


if __name__ == "__main__":
    main()
