/*+++
title = "What makes each mixed pageblock mixed"
description = """
One row a mixed pageblock (see fragmentation/mixed_pageblocks), with the allocation that decides: the first in
the block whose migratetype differs from the block's. `intruding_pages` counts all that differ.
"""
question = "Which allocation sits in a pageblock where it does not belong?"
[params.dump]
type = "dump"
help = "Label of the dump."
[params.top]
type = "int"
default = 100
help = "Rows to return."
[columns]
node = "INTEGER: NUMA node; NULL where the dump has none."
zone = "INTEGER: zone number within the node; NULL where the dump has none."
pageblock = "BIGINT: number of the pageblock."
pageblock_migratetype = "VARCHAR: its type."
counted_as = "VARCHAR: the type under which the kernel counts it as mixed."
intruding_pages = "HUGEINT: base pages of allocations in it that are of another type."
pages = "HUGEINT: base pages of all allocations in it."
pfn = "BIGINT: page frame number of the allocation that decides."
migratetype = "VARCHAR: its type."
stack_id = "INTEGER: its stack; joins stacks.stack_id."
owner = "VARCHAR: the function it is for."
comm = "VARCHAR: name of the thread that made it; NULL where the dump has none."
+++*/
WITH blocks AS (
    SELECT
        node,
        zone,
        pageblock,
        sum(pages) AS pages,
        sum(pages) FILTER (WHERE migratetype <> pageblock_migratetype) AS intruding_pages,
        min(pfn) FILTER (WHERE migratetype <> pageblock_migratetype) AS pfn
    FROM live_allocations
    WHERE dump = $dump AND concat('|', flags, '|') NOT LIKE '%|reserved|%'
    GROUP BY node, zone, pageblock
    HAVING pfn IS NOT NULL
)
SELECT
    b.node,
    b.zone,
    b.pageblock,
    a.pageblock_migratetype,
    if(a.pageblock_migratetype = 'CMA', 'Movable', a.pageblock_migratetype) AS counted_as,
    b.intruding_pages,
    b.pages,
    b.pfn,
    a.migratetype,
    a.stack_id,
    a.owner,
    a.comm
FROM blocks b
JOIN live_allocations a ON a.dump = $dump AND a.pfn = b.pfn
-- A page that was taken again while the dump was read stands in it twice.
QUALIFY row_number() OVER (PARTITION BY b.pageblock, b.zone, b.node ORDER BY a.ord) = 1
ORDER BY b.intruding_pages DESC, b.pageblock, b.node, b.zone
LIMIT $top
