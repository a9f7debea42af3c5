/*+++
title = "The allocation that makes a pageblock mixed"
description = """
One row per mixed pageblock (see fragmentation/mixed_pageblocks), with the first allocation in the block whose
migratetype differs from the block's. `intruding_pages` counts all pages that differ.
"""
question = "Which allocation is in a pageblock of another migratetype?"
[params.dump]
type = "dump"
help = "Label of the dump."
[params.top]
type = "int"
default = 100
help = "Rows to return."
[columns]
node = "INTEGER: NUMA node; NULL if the dump has none."
zone = "INTEGER: zone number within the node; NULL if the dump has none."
pageblock = "BIGINT: number of the pageblock."
pageblock_migratetype = "VARCHAR: its type."
counted_as = "VARCHAR: the type under which the kernel counts the block as mixed."
intruding_pages = "HUGEINT: base pages of the block's allocations of another type."
pages = "HUGEINT: base pages of all allocations in the block."
pfn = "BIGINT: page frame number of the first allocation of another type."
migratetype = "VARCHAR: its migratetype."
stack_id = "INTEGER: its stack; joins stacks.stack_id."
owner = "VARCHAR: the function that owns it."
comm = "VARCHAR: name of the thread that allocated it; NULL if the dump has none."
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
-- A page that was freed and allocated again while the dump was read is in it twice.
QUALIFY row_number() OVER (PARTITION BY b.pageblock, b.zone, b.node ORDER BY a.ord) = 1
ORDER BY b.intruding_pages DESC, b.pageblock, b.node, b.zone
LIMIT $top
