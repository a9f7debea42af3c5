/*+++
title = "Owners or stacks that prevent free pageblocks"
description = """
A pageblock (order 9 on x86-64: 2 MiB) can be allocated as a whole only if it holds no unmovable page, so an
unmovable allocation makes the free and movable pages around it unusable ("hostages"). Several of them can share a
block, so the columns of hostages do not add up. Only memory in page_owner counts as held; reserved memory does not.
"""
question = "Which functions prevent huge pages?"
[params.dump]
type = "dump"
help = "Label of the dump."
[params.by]
type = "str"
default = "owner"
choices = ["owner", "stack"]
help = "What a row is: owner or stack."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
stack_id = "INTEGER: joins stacks.stack_id; NULL by owner."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
unmovable_pages = "HUGEINT: base pages of this row that cannot move (migratetype other than Movable)."
blocks = "BIGINT: pageblocks that hold such pages of this row."
hostage_pages = "HUGEINT: base pages in those blocks that are free or movable."
blocks_if_gone = "BIGINT: pageblocks that would be free without this row's pages, movable ones included."
blocks_if_gone_and_compacted = "BIGINT: pageblocks that would have no unmovable page without this row."
intruding_pages = "HUGEINT: base pages of this row in pageblocks of another type."
mixed_blocks = "BIGINT: mixed pageblocks that hold such pages."
+++*/
WITH block AS (
    -- A pageblock's order, from one record: pfn >> order is the block's number.
    SELECT coalesce(
        min(o) FILTER (WHERE pageblock > 0 AND (pfn >> o::INTEGER) = pageblock), 9
    )::INTEGER AS "order"
    FROM range(30) orders(o)
    CROSS JOIN (
        SELECT max(pfn) AS pfn, arg_max(pageblock, pfn) AS pageblock
        FROM allocations
        WHERE dump = $dump
    )
),
-- Equal allocations of a pageblock, before they get names: the only part that reads all of them.
counted AS (
    SELECT
        stack_id, pages, migratetype, pageblock_migratetype, pageblock, count(*) AS records
    FROM allocations
    WHERE dump = $dump
    GROUP BY stack_id, pages, migratetype, pageblock_migratetype, pageblock
),
-- Pages of each row in each pageblock; an allocation can span several.
spread AS (
    SELECT
        CASE $by WHEN 'stack' THEN c.stack_id END AS stack_id,
        o.owner,
        o.subsystem,
        c.pageblock + unnest(range(greatest(1, c.pages >> b."order"))) AS pageblock,
        c.migratetype = 'Movable' AS movable,
        c.migratetype <> c.pageblock_migratetype AS intrudes,
        c.records * least(c.pages, 1 << b."order") AS pages
    FROM counted c
    LEFT JOIN stack_owners o ON o.stack_id = c.stack_id
    CROSS JOIN block b
),
held AS (
    SELECT
        stack_id,
        owner,
        subsystem,
        pageblock,
        sum(pages) AS pages,
        coalesce(sum(pages) FILTER (WHERE NOT movable), 0) AS unmovable_pages,
        coalesce(sum(pages) FILTER (WHERE intrudes), 0) AS intruding_pages
    FROM spread
    GROUP BY stack_id, owner, subsystem, pageblock
),
beside AS (
    SELECT
        *,
        sum(pages) OVER block AS block_pages,
        sum(unmovable_pages) OVER block AS block_unmovable_pages
    FROM held
    WINDOW block AS (PARTITION BY pageblock)
)
SELECT
    s.stack_id,
    s.owner,
    s.subsystem,
    sum(s.unmovable_pages)::HUGEINT AS unmovable_pages,
    count(*) FILTER (WHERE s.unmovable_pages > 0) AS blocks,
    -- Pages that were freed and allocated again while the dump was read can count twice in a block.
    coalesce(
        sum(greatest(0, (1 << b."order") - s.block_unmovable_pages))
            FILTER (WHERE s.unmovable_pages > 0),
        0
    )::HUGEINT AS hostage_pages,
    count(*) FILTER (WHERE s.pages = s.block_pages) AS blocks_if_gone,
    count(*) FILTER (WHERE s.unmovable_pages > 0 AND s.unmovable_pages = s.block_unmovable_pages)
        AS blocks_if_gone_and_compacted,
    sum(s.intruding_pages)::HUGEINT AS intruding_pages,
    count(*) FILTER (WHERE s.intruding_pages > 0) AS mixed_blocks
FROM beside s
CROSS JOIN block b
GROUP BY s.stack_id, s.owner, s.subsystem
ORDER BY hostage_pages DESC, unmovable_pages DESC, s.owner, s.subsystem, s.stack_id
LIMIT $top
