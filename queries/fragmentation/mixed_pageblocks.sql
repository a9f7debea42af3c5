/*+++
title = "Mixed pageblocks, as the kernel counts them"
description = """
"Number of mixed blocks" in /proc/pagetypeinfo, computed from the dump. A pageblock is mixed if the migratetype of
an allocation differs from the block's. The kernel scans a block from its first page, skips free and reserved
pages, and stops at the first allocation that differs. A CMA block with any other type, including Movable, is mixed
and counted as Movable. If pagetypeinfo was loaded with the dump, the last two columns are the kernel's numbers;
they were read at another time, so they differ by the allocations in between.
"""
question = "Do unmovable allocations spread over movable pageblocks?"
[params.dump]
type = "dump"
help = "Label of the dump."
[columns]
node = "INTEGER: NUMA node; NULL if the dump has none."
zone = "INTEGER: zone number within the node; NULL if the dump has none."
zone_name = "VARCHAR: the zone's name; NULL if unknown."
migratetype = "VARCHAR: migratetype of the pageblocks."
held_blocks = "BIGINT: pageblocks of this type with at least one allocation."
mixed_blocks = "BIGINT: mixed pageblocks; those of CMA count as Movable."
kernel_blocks = "BIGINT: all pageblocks of this type, from pagetypeinfo."
kernel_mixed_blocks = "BIGINT: mixed pageblocks, from pagetypeinfo."
+++*/
WITH blocks AS (
    SELECT
        node,
        zone,
        pageblock,
        arg_min(pageblock_migratetype, pfn) AS migratetype,
        -- A block's type can change while the dump is read; the deciding record's counts.
        arg_min(pageblock_migratetype, pfn)
            FILTER (WHERE migratetype <> pageblock_migratetype) AS mixed_type
    FROM live_allocations
    WHERE dump = $dump AND concat('|', flags, '|') NOT LIKE '%|reserved|%'
    GROUP BY node, zone, pageblock
),
counted AS (
    SELECT node, zone, migratetype, count(*) AS held_blocks, 0 AS mixed_blocks
    FROM blocks
    GROUP BY node, zone, migratetype
    UNION ALL
    SELECT node, zone, if(mixed_type = 'CMA', 'Movable', mixed_type), 0, count(*)
    FROM blocks
    WHERE mixed_type IS NOT NULL
    GROUP BY ALL
),
found AS (
    SELECT
        node,
        zone,
        migratetype,
        sum(held_blocks)::BIGINT AS held_blocks,
        sum(mixed_blocks)::BIGINT AS mixed_blocks
    FROM counted
    GROUP BY node, zone, migratetype
),
kernel AS (
    SELECT
        node,
        zone AS zone_name,
        migratetype,
        (sum(blocks) FILTER (WHERE NOT mixed))::BIGINT AS kernel_blocks,
        (sum(blocks) FILTER (WHERE mixed))::BIGINT AS kernel_mixed_blocks
    FROM pagetype_blocks
    WHERE dump_id = (SELECT dump_id FROM dumps WHERE label = $dump)
    GROUP BY ALL
),
-- Zones are numbered in the order in which zoneinfo prints them.
by_zoneinfo AS (
    SELECT
        node,
        row_number() OVER (PARTITION BY node ORDER BY min(ord)) - 1 AS zone,
        zone AS zone_name
    FROM zoneinfo
    WHERE dump_id = (SELECT dump_id FROM dumps WHERE label = $dump)
    GROUP BY node, zone_name
),
-- Without zoneinfo, equal numbers of zones mean the same zones in the same order.
by_rank AS (
    SELECT f.node, f.zone, k.node AS kernel_node, k.zone_name
    FROM (
        SELECT
            node,
            zone,
            row_number() OVER (ORDER BY node, zone) AS position,
            count(*) OVER () AS zones
        FROM (SELECT DISTINCT node, zone FROM found)
    ) f
    JOIN (
        SELECT
            node,
            zone_name,
            row_number() OVER (
                ORDER BY node, list_position(
                    ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable', 'Device'], zone_name
                )
            ) AS position,
            count(*) OVER () AS zones
        FROM (SELECT DISTINCT node, zone_name FROM kernel)
    ) k USING (position, zones)
),
named AS (
    SELECT
        f.*,
        coalesce(f.node, r.kernel_node) AS kernel_node,
        coalesce(z.zone_name, r.zone_name) AS zone_name
    FROM found f
    LEFT JOIN by_zoneinfo z ON z.node = f.node AND z.zone = f.zone
    LEFT JOIN by_rank r
        ON r.node IS NOT DISTINCT FROM f.node AND r.zone IS NOT DISTINCT FROM f.zone
)
SELECT
    coalesce(n.node, k.node)::INTEGER AS node,
    coalesce(n.zone, z.zone, r.zone)::INTEGER AS zone,
    coalesce(n.zone_name, k.zone_name) AS zone_name,
    coalesce(n.migratetype, k.migratetype) AS migratetype,
    coalesce(n.held_blocks, 0) AS held_blocks,
    coalesce(n.mixed_blocks, 0) AS mixed_blocks,
    k.kernel_blocks,
    k.kernel_mixed_blocks
FROM named n
FULL JOIN kernel k
    ON k.node = n.kernel_node AND k.zone_name = n.zone_name AND k.migratetype = n.migratetype
LEFT JOIN by_zoneinfo z ON z.node = k.node AND z.zone_name = k.zone_name
LEFT JOIN by_rank r ON r.kernel_node = k.node AND r.zone_name = k.zone_name
ORDER BY node, zone, zone_name, migratetype
