"""A machine's memory page by page, what the kernel would count in it, and the same as a table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from hypothesis import strategies as st

from pageowner_sql.store.database import statement

# Small blocks, so that few pages make many of them; nothing in the queries knows the order.
PAGEBLOCK_ORDER = 3
BLOCK = 1 << PAGEBLOCK_ORDER
PAGE_TYPES = ("Unmovable", "Movable", "Reclaimable")
BLOCK_TYPES = (*PAGE_TYPES, "HighAtomic", "CMA", "Isolate")


@dataclass(frozen=True)
class Allocation:
    """An allocation of 1 << order pages at `pfn`, by the stack of that number."""

    pfn: int
    order: int
    migratetype: str
    reserved: bool
    stack_id: int

    @property
    def end(self) -> int:
        """The first page behind it."""
        return self.pfn + (1 << self.order)


@dataclass(frozen=True)
class Zone:
    """Pages from `start` to before `end`; `block_types` by number of the pageblock."""

    node: int
    zone: int
    start: int
    end: int
    block_types: dict[int, str]
    allocations: tuple[Allocation, ...]

    def type_of(self, pfn: int) -> str:
        """Return the type of the pageblock that holds a page."""
        return self.block_types[pfn >> PAGEBLOCK_ORDER]

    def mixed(self) -> Counter[str]:
        """Count mixed pageblocks as the kernel does, walking its page array."""
        heads = {each.pfn: each for each in self.allocations}
        count: Counter[str] = Counter()
        pfn = self.start
        while pfn < self.end:
            block_end = min(((pfn >> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER, self.end)
            block_type = self.type_of(pfn)
            while pfn < block_end:
                found = heads.get(pfn)
                if found is None or found.reserved:
                    pfn += 1
                elif found.migratetype != block_type:
                    count["Movable" if block_type == "CMA" else block_type] += 1
                    pfn = block_end
                else:
                    pfn = found.end
        return count


@st.composite
def zones(draw: st.DrawFn) -> list[Zone]:
    """Draw some zones on two nodes, one behind the other, none of them empty of allocations."""
    found: list[Zone] = []
    start = draw(st.integers(0, 9))
    for node, zone in ((0, 0), (0, 1), (1, 1))[: draw(st.integers(1, 3))]:
        end = start + draw(st.integers(1, 12 * BLOCK))
        numbers = range(start >> PAGEBLOCK_ORDER, (end >> PAGEBLOCK_ORDER) + 6)
        kinds = st.sampled_from(draw(st.sampled_from([BLOCK_TYPES, ("Movable", "CMA")])))
        types = {number: draw(kinds) for number in numbers}
        allocations = tuple(_allocations(draw, start, end, types))
        found.append(Zone(node, zone, start, end, types, allocations))
        start = end
    return found


def _allocations(
    draw: st.DrawFn, start: int, end: int, types: dict[int, str]
) -> Iterator[Allocation]:
    pfn = start
    while pfn < end:
        order = draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5]))
        if pfn % (1 << order) or pfn + (1 << order) > end or draw(st.integers(0, 3)) == 0:
            pfn += 1
            continue
        reserved = order == 0 and draw(st.integers(0, 9)) == 0
        own = types[pfn >> PAGEBLOCK_ORDER]
        choice = draw(st.sampled_from([own, own, own, *PAGE_TYPES]))
        kind = choice if choice in PAGE_TYPES else "Movable"
        yield Allocation(pfn, order, kind, reserved, draw(st.integers(1, 4)))
        pfn += 1 << order


def database() -> duckdb.DuckDBPyConnection:
    """Return a database with what the queries read: live_allocations as a table, not a view."""
    connection = duckdb.connect()
    connection.execute(statement("accounts"))
    connection.execute(statement("classes"))
    connection.execute(
        """
        CREATE TABLE dumps (dump_id INTEGER, label VARCHAR, page_size INTEGER);
        CREATE TABLE frames (stack_id INTEGER, pos INTEGER, base_function VARCHAR);
        CREATE TABLE live_allocations (
            dump VARCHAR, ord INTEGER, pfn BIGINT, "order" TINYINT, pages BIGINT, bytes BIGINT,
            gfp_mask BIGINT, migratetype VARCHAR, pageblock BIGINT, pageblock_migratetype VARCHAR,
            flags VARCHAR, node INTEGER, zone INTEGER, comm VARCHAR, alloc_ts BIGINT,
            stack_id INTEGER, owner VARCHAR, subsystem VARCHAR, allocator VARCHAR,
            class VARCHAR
        );
        CREATE VIEW allocations AS FROM live_allocations;
        CREATE VIEW stack_owners AS
            SELECT DISTINCT stack_id, owner, subsystem FROM live_allocations;
        """
    )
    return connection


def fill(connection: duckdb.DuckDBPyConnection, layout: list[Zone]) -> None:
    """Make `layout` the dump `d`."""
    connection.execute("DELETE FROM live_allocations")
    held = [(zone, each) for zone in layout for each in zone.allocations]
    connection.execute(
        """
        INSERT INTO live_allocations BY NAME
        SELECT
            'd' AS dump, 0 AS ord, unnest($pfn::BIGINT[]) AS pfn,
            unnest($order::TINYINT[]) AS "order", 1::BIGINT << "order" AS pages,
            pages * 4096 AS bytes, unnest($migratetype::VARCHAR[]) AS migratetype,
            unnest($pageblock::BIGINT[]) AS pageblock,
            unnest($pageblock_migratetype::VARCHAR[]) AS pageblock_migratetype,
            unnest($flags::VARCHAR[]) AS flags, unnest($node::INTEGER[]) AS node,
            unnest($zone::INTEGER[]) AS zone, unnest($stack::INTEGER[]) AS stack_id,
            'owner' || stack_id // 2 AS owner, 'some' AS subsystem, 'OTHERS' AS allocator
        """,
        {
            "pfn": [each.pfn for _, each in held],
            "order": [each.order for _, each in held],
            "migratetype": [each.migratetype for _, each in held],
            "pageblock": [each.pfn >> PAGEBLOCK_ORDER for _, each in held],
            "pageblock_migratetype": [zone.type_of(each.pfn) for zone, each in held],
            "flags": ["lru|reserved" if each.reserved else "lru|dirty" for _, each in held],
            "node": [zone.node for zone, _ in held],
            "zone": [zone.zone for zone, _ in held],
            "stack": [each.stack_id for _, each in held],
        },
    )
