/*+++
title = "What nobody can tell of each dump"
description = """
Pages that were taken before page_owner started, allocations without a time, handles whose stack no dump of the
boot shows, and owners that no rule places: as base pages, beside those of the whole dump.
"""
question = "How much of each dump do the other answers not cover?"
[columns]
dump = "VARCHAR: label of the dump."
pages = "BIGINT: base pages of the dump."
early_pages = "BIGINT: of early boot: no stack, no time, so nothing to follow from dump to dump."
untimed_pages = "BIGINT: of others without a time."
handle_pages = "BIGINT: of handles whose stack is not known."
unruled_pages = "BIGINT: of owners whose subsystem no rule tells."
rejected = "BIGINT: records that could not be read, which are in none of these."
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
