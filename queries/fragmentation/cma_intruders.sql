/*+++
title = "Allocations that block the contiguous memory area"
description = """
Allocations in CMA pageblocks that cannot be moved when a device requests its memory. Movable pages are left out
unless their stack shows long-term pinning. `why` is `contiguous` (allocated by cma_alloc, as intended), `pinned`,
`unmovable` or `reclaimable`. A page pinned after its allocation cannot be recognised.
"""
question = "Why does cma_alloc fail although the area looks free?"
[params.dump]
type = "dump"
help = "Label of the dump."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
why = "VARCHAR: contiguous, pinned, unmovable or reclaimable."
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
comm = "VARCHAR: name of the thread that allocated; NULL if the dump has none."
records = "BIGINT: allocations."
pages = "HUGEINT: base pages."
bytes = "HUGEINT: bytes."
pageblocks = "BIGINT: CMA pageblocks that contain them."
oldest_alloc_ts = "BIGINT: time of the oldest allocation, ns since boot; NULL if the dump has no times."
+++*/
WITH stack_kinds AS (
    SELECT
        stack_id,
        bool_or(base_function GLOB '*cma_alloc*' OR base_function GLOB 'alloc_contig*')
            AS contiguous,
        bool_or(
            base_function GLOB '*pin_user_pages*'
            OR base_function GLOB '*gup_longterm*'
            OR base_function GLOB 'vfio_pin_*'
            OR base_function IN (
                'ib_umem_get', 'io_pin_pages', 'memfd_pin_folios', 'udmabuf_create',
                'xdp_umem_create'
            )
        ) AS pinned
    FROM frames
    GROUP BY stack_id
),
told AS (
    SELECT
        CASE
            WHEN k.contiguous THEN 'contiguous'
            WHEN k.pinned THEN 'pinned'
            WHEN a.migratetype <> 'Movable' THEN lower(a.migratetype)
        END AS why,
        a.*
    FROM live_allocations a
    LEFT JOIN stack_kinds k USING (stack_id)
    WHERE a.dump = $dump AND a.pageblock_migratetype = 'CMA'
)
SELECT
    why,
    stack_id,
    any_value(owner) AS owner,
    any_value(subsystem) AS subsystem,
    comm,
    count(*) AS records,
    sum(pages)::HUGEINT AS pages,
    sum(bytes)::HUGEINT AS bytes,
    count(DISTINCT pageblock) AS pageblocks,
    min(alloc_ts) AS oldest_alloc_ts
FROM told
WHERE why IS NOT NULL
GROUP BY why, stack_id, comm
ORDER BY pages DESC, why, stack_id, comm
LIMIT $top
