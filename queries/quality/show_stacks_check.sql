/*+++
title = "show_stacks against the dump's records"
description = """
The kernel counts base pages per stack and prints them in page_owner_stacks/show_stacks. This query compares them with
the sums of the dump's records; the largest differences come first. The kernel's file was read at another time, and it
lacks three kinds of stacks: those below its count_threshold, those of early boot, and those first seen in an allocation
without a __GFP_RECLAIM bit (a large attempt of the slab allocator, a huge page), because the kernel does not add them to
its list. `no_reclaim_records` counts such allocations.
"""
question = "Does show_stacks list the largest stacks?"
[params.dump]
type = "dump"
help = "Label of the page_owner dump."
[params.summary]
type = "dump"
help = "Label of the show_stacks dump."
[columns]
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory; NULL if only show_stacks has the stack."
verdict = "VARCHAR: same, differs, only in page_owner, only in show_stacks."
records = "BIGINT: allocations in the dump."
no_reclaim_records = "BIGINT: allocations that may not reclaim memory."
pages = "HUGEINT: base pages in the dump."
summary_pages = "HUGEINT: base pages in show_stacks."
difference = "HUGEINT: pages - summary_pages; a stack missing on one side counts as 0 there."
+++*/
WITH own AS (
    SELECT
        stack_id,
        any_value(owner) AS owner,
        count(*) AS records,
        -- Bits 10 and 11: direct reclaim and kswapd reclaim.
        count(*) FILTER (WHERE gfp_mask & 3072 = 0) AS no_reclaim_records,
        sum(pages) AS pages
    FROM live_allocations
    WHERE dump = $dump
    GROUP BY stack_id
),
summary AS (
    SELECT stack_id, sum(base_pages) AS pages
    FROM stack_counts
    WHERE dump_id = (SELECT dump_id FROM dumps WHERE label = $summary)
        AND stack_id IS NOT NULL AND base_pages IS NOT NULL
    GROUP BY stack_id
)
SELECT
    coalesce(o.stack_id, s.stack_id)::INTEGER AS stack_id,
    o.owner,
    CASE
        WHEN s.stack_id IS NULL THEN 'only in page_owner'
        WHEN o.stack_id IS NULL THEN 'only in show_stacks'
        WHEN o.pages = s.pages THEN 'same'
        ELSE 'differs'
    END AS verdict,
    coalesce(o.records, 0) AS records,
    coalesce(o.no_reclaim_records, 0) AS no_reclaim_records,
    coalesce(o.pages, 0)::HUGEINT AS pages,
    coalesce(s.pages, 0)::HUGEINT AS summary_pages,
    (coalesce(o.pages, 0) - coalesce(s.pages, 0))::HUGEINT AS difference
FROM own o
FULL JOIN summary s USING (stack_id)
ORDER BY abs(difference) DESC, stack_id
