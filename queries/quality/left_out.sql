/*+++
title = "Memory with unknown origin, by dump"
description = """
Base pages of each dump that were allocated before page_owner started, that have no time, whose handle has no known
stack, or whose owner matches no rule.
"""
question = "How much of each dump do other queries not cover?"
[columns]
dump = "VARCHAR: label of the dump."
pages = "BIGINT: base pages of the dump."
early_pages = "BIGINT: base pages of early boot, which have no stack, time or identity."
untimed_pages = "BIGINT: other base pages without a time."
handle_pages = "BIGINT: base pages with a handle of unknown stack."
unruled_pages = "BIGINT: base pages whose owner no subsystem rule matches."
rejected = "BIGINT: rejected records; the other columns do not contain them."
+++*/
SELECT
    d.label AS dump,
    d.pages,
    coalesce(sum(a.pages) FILTER (WHERE e.stack_id IS NOT NULL), 0)::BIGINT AS early_pages,
    coalesce(sum(a.pages) FILTER (
        WHERE e.stack_id IS NULL AND coalesce(a.alloc_ts, 0) <= 0
    ), 0)::BIGINT AS untimed_pages,
    coalesce(sum(a.pages) FILTER (
        WHERE s.depth = 0 AND a.handle IS NOT NULL
    ), 0)::BIGINT AS handle_pages,
    coalesce(sum(a.pages) FILTER (WHERE o.subsystem = 'other'), 0)::BIGINT AS unruled_pages,
    d.rejected
FROM dumps d
JOIN allocations a ON a.dump_id = d.dump_id
JOIN stacks s ON s.stack_id = a.stack_id
LEFT JOIN early_stacks e ON e.stack_id = a.stack_id
LEFT JOIN stack_owners o ON o.stack_id = a.stack_id
GROUP BY d.dump_id, d.label, d.pages, d.rejected
ORDER BY d.dump_id
