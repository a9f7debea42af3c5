"""A machine whose memory is made up: who leaks, churns and fills caches is known beforehand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECOND = 1_000_000_000
FOREVER = float("inf")

_ALLOC = (
    "post_alloc_hook+0x61/0x82\n get_page_from_freelist+0x8dc/0x953\n __alloc_pages+0xf0/0x1e1\n"
)
_SLAB = f"{_ALLOC} alloc_slab_page+0x15/0x40\n ___slab_alloc+0x3b1/0x5c7\n"
_SYSCALL = "do_syscall_64+0x6b/0x310\n entry_SYSCALL_64_after_hwframe+0x4b/0x53\n"
_FAULT = (
    "do_user_addr_fault+0x2ff/0x5a1\n exc_page_fault+0x5e/0x8c\n asm_exc_page_fault+0x22/0x30\n"
)

STACKS = {
    "page cache": f"{_ALLOC} __filemap_get_folio+0x14d/0x1f4\n ext4_da_write_begin+0xef/0x235\n "
    f"generic_perform_write+0x7e/0x229\n vfs_write+0xf5/0x23b\n ksys_write+0x74/0xc8\n {_SYSCALL}",
    "shmem": f"{_ALLOC} shmem_alloc_and_add_folio+0x96/0x3a5\n shmem_get_folio_gfp+0x1e8/0x571\n "
    f"shmem_write_begin+0x4f/0x9a\n generic_perform_write+0x7e/0x229\n vfs_write+0xf5/0x23b\n "
    f"{_SYSCALL}",
    "kmalloc": f"{_SLAB} __kmalloc+0xd4/0x18f\n acme_open+0x2a/0x90 [acme]\n "
    f"chrdev_open+0xb0/0x21d\n do_dentry_open+0x23d/0x4a5\n {_SYSCALL}",
    "anon": f"{_ALLOC} vma_alloc_folio+0x74/0xa1\n do_anonymous_page+0x11c/0x4cd\n "
    f"handle_mm_fault+0x4f5/0x7bd\n {_FAULT}",
    "page tables": f"{_ALLOC} pte_alloc_one+0x14/0x55\n __pte_alloc+0x1c/0xa5\n "
    f"handle_mm_fault+0x4f5/0x7bd\n {_FAULT}",
    "unix": f"{_SLAB} kmem_cache_alloc_node+0x120/0x2f8\n __alloc_skb+0x8d/0x176\n "
    f"alloc_skb_with_frags+0x58/0x1d9\n sock_alloc_send_pskb+0x1bd/0x1f2\n "
    f"unix_dgram_sendmsg+0x11d/0x50e\n sock_sendmsg+0x3c/0x6b\n {_SYSCALL}",
    "pipe": f"{_ALLOC} anon_pipe_write+0x171/0x4a0\n vfs_write+0xf5/0x23b\n {_SYSCALL}",
    "boot": f"{_SLAB} kmem_cache_alloc+0xd1/0x1a3\n __kernfs_new_node+0x54/0x1f3\n "
    "kernfs_new_node+0x4a/0x6a\n kernel_init+0x16/0x110\n ret_from_fork+0x22/0x30\n",
}


@dataclass(frozen=True)
class Block:
    """One allocation: when it was made and freed (ns since boot), by whom, where."""

    born: int
    freed: float
    pid: int
    comm: str
    stack: str
    order: int
    pfn: int
    node: int = 0

    @property
    def text(self) -> str:
        block = f"Block {self.pfn >> 9} type Unmovable"
        flags = f"Flags 0x200000000000000(node={self.node}|zone=2|lastcpupid=0x7)"
        return (
            f"Page allocated via order {self.order}, mask 0xcc0(GFP_KERNEL), "
            f"pid {self.pid}, tgid {self.pid} ({self.comm}), ts {self.born} ns\n"
            f"PFN 0x{self.pfn:x} type Unmovable {block} {flags}\n {STACKS[self.stack]}\n"
        )


@dataclass
class Machine:
    """Everything that happens on it from boot to its last second; `snapshot` is a dump of it.

    A block lies on any of its `nodes`, unless an actor is told to keep to one.
    """

    seconds: int
    seed: int = 1
    nodes: int = 1
    blocks: list[Block] = field(default_factory=list)
    pids: int = 100

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  # made-up data
        self.frames = self.random.sample(range(1 << 22), 1 << 18)
        for _ in range(400):
            self._block(self.random.uniform(0.5, 5), FOREVER, 1, "swapper/0", "boot")

    def _block(  # noqa: PLR0917  # what a block is made of
        self,
        born: float,
        freed: float,
        pid: int,
        comm: str,
        stack: str,
        order: int = 0,
        node: int | None = None,
    ) -> None:
        at = int(born * SECOND) + self.random.randrange(1000)
        until = freed if freed == FOREVER else freed * SECOND
        where = self.random.randrange(self.nodes) if node is None else node
        pfn = self.frames.pop() << 4
        self.blocks.append(Block(at, until, pid, comm, stack, order, pfn, where))

    def append(self, born: float, freed: float, comm: str, stack: str) -> None:
        """One block, of the last process."""
        self._block(born, freed, self.pids, comm, stack)

    def pid(self) -> int:
        self.pids += 1
        return self.pids

    def leak(
        self,
        comm: str,
        stack: str,
        rate: float,
        *,
        start: float = 10,
        burst: int = 1,
        order: int = 0,
        node: int | None = None,
    ) -> None:
        """`rate` blocks a second on average, `burst` at a time, and none is ever freed."""
        pid, now = self.pid(), start
        while now < self.seconds:
            for _ in range(burst):
                self._block(now, FOREVER, pid, comm, stack, order, node)
            now += self.random.expovariate(rate / burst)

    def step(self, comm: str, stack: str, at: float, blocks: int, *, took: float = 2) -> None:
        """All at once, for good: a program starts."""
        pid = self.pid()
        for _ in range(blocks):
            self._block(at + self.random.uniform(0, took), FOREVER, pid, comm, stack)

    def churn(self, comm: str, stack: str, rate: float, lifetime: float) -> None:
        """As much is freed as is allocated; `rate` * `lifetime` blocks are held."""
        pid, now = self.pid(), 8.0
        while now < self.seconds:
            self._block(now, now + self.random.expovariate(1 / lifetime), pid, comm, stack)
            now += self.random.expovariate(rate)

    def ring(self, comm: str, stack: str, rate: float, holds: float) -> None:
        """A queue of fixed length: each block lives exactly `holds` seconds."""
        pid, now = self.pid(), 8.0
        while now < self.seconds:
            self._block(now, now + holds, pid, comm, stack)
            now += self.random.expovariate(rate)

    def read(
        self, at: float, *, took: float = 4, comm: str = "cat", stack: str = "page cache"
    ) -> None:
        """A process of its own writes a dump of this machine into a file, up to `at`."""
        pid, pages = self.pid(), len(self.snapshot(at)) // 4096 + 1
        for _ in range(pages):
            self._block(at - self.random.uniform(0, took), FOREVER, pid, comm, stack)

    def snapshot(self, at: float) -> str:
        now = at * SECOND
        live = (block for block in self.blocks if block.born <= now < block.freed)
        return "".join(block.text for block in sorted(live, key=lambda block: block.pfn))


def write_dumps(machine: Machine, times: Sequence[float], folder: Path) -> dict[str, Path]:
    """A reader takes a dump at each of these times; files by label."""
    files = {}
    for number, at in enumerate(times):
        machine.read(at)
        files[f"d{number}"] = folder / f"d{number}.txt"
        files[f"d{number}"].write_text(machine.snapshot(at))
    return files
