"""What the kernel's other accounts of memory say: one frozen row a line.

Numbers are as the kernel printed them, in the unit that each docstring names; only meminfo's
kB (1024 bytes) become bytes. `ord` counts rows from 0 in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql.dump.lines import Item


@dataclass(frozen=True, slots=True)
class MeminfoField(Item):
    """One field of /proc/meminfo or of a node's meminfo.

    `bytes` is the amount in bytes; fields without `kB` (HugePages_*) are counts and stand in
    `count`. `node` is None for the whole machine.
    """

    ord: int
    node: int | None
    field: str
    bytes: int | None
    count: int | None


@dataclass(frozen=True, slots=True)
class AllocinfoTag(Item):
    """One call site of /proc/allocinfo (6.10, CONFIG_MEM_ALLOC_PROFILING).

    `bytes` now allocated there, `calls` allocations now held. `module` is None for the kernel's
    own code. `accurate` is False where the kernel says that its counter is not (format 2.0).
    """

    ord: int
    bytes: int
    calls: int
    file: str
    line: int
    module: str | None
    function: str
    accurate: bool


@dataclass(frozen=True, slots=True)
class SlabCache(Item):
    """One cache of /proc/slabinfo 2.1.

    `object_bytes` is an object's size in bytes with padding, `pages_per_slab` base pages,
    the others are numbers of objects or slabs.
    """

    ord: int
    cache: bytes
    active_objects: int
    objects: int
    object_bytes: int
    objects_per_slab: int
    pages_per_slab: int
    active_slabs: int
    slabs: int


@dataclass(frozen=True, slots=True)
class BuddyZone(Item):
    """One zone of /proc/buddyinfo: free blocks of 1 << order base pages, from order 0 up."""

    node: int
    zone: str
    free_blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PageblockOrder(Item):
    """The size of a pageblock in /proc/pagetypeinfo: 1 << order base pages."""

    order: int


@dataclass(frozen=True, slots=True)
class PagetypeFree(Item):
    """Free blocks of one zone and migratetype in /proc/pagetypeinfo, from order 0 up.

    `capped` is True where the kernel stopped counting (`>100000`) and the number is a least one.
    """

    node: int
    zone: str
    migratetype: str
    free_blocks: tuple[int, ...]
    capped: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class PagetypeBlocks(Item):
    """Pageblocks of one zone by migratetype in /proc/pagetypeinfo.

    `mixed` tells the count of blocks that hold pages of another type (needs page_owner; such CMA
    blocks are counted as Movable) from the count of all blocks of that type.
    """

    node: int
    zone: str
    mixed: bool
    migratetypes: tuple[str, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VmallocArea(Item):
    """One area of /proc/vmallocinfo.

    `bytes` of address space, the guard page with it; `pages` base pages behind it; `nodes` pairs
    of node and base pages. `addresses` as printed (often hashed), `caller` a symbol with offset.
    `uses` are the kernel's words: ioremap, vmalloc, vmap, user, vpages, …
    """

    ord: int
    addresses: str
    bytes: int
    caller: str | None
    pages: int | None
    phys: int | None
    uses: tuple[str, ...]
    nodes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ZoneinfoField(Item):
    """One number of /proc/zoneinfo (several for `protection`), mostly base pages.

    `section` is `node` (per-node stats), `zone` (free, watermarks, sizes), `stat` (the zone's
    counters; numa_* count events), `pageset` (with `cpu`) or `other`.
    """

    node: int
    zone: str
    section: str
    cpu: int | None
    field: str
    values: tuple[int, ...]


AccountRow = (
    MeminfoField
    | AllocinfoTag
    | SlabCache
    | BuddyZone
    | PageblockOrder
    | PagetypeFree
    | PagetypeBlocks
    | VmallocArea
    | ZoneinfoField
)
