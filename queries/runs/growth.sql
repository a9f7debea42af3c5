/*+++
title = "Stacks that grew most between two dumps"
description = "`diff OLD NEW` shows every change, by any key, and adds up to both dumps."
question = "Which stacks grew?"
needs = ["stack"]
[params.old]
type = "dump"
help = "The earlier dump."
[params.new]
type = "dump"
help = "The later dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
old_pages = "BIGINT: base pages in the old dump."
new_pages = "BIGINT: base pages in the new dump."
delta_pages = "BIGINT: new_pages - old_pages."
delta_bytes = "BIGINT: growth in bytes."
growth_share = "DOUBLE: share of the total growth, 0 to 1."
+++*/
WITH sides AS (
    SELECT
        stack_id,
        owner,
        subsystem,
        coalesce(sum(pages) FILTER (WHERE dump = $old), 0)::BIGINT AS old_pages,
        coalesce(sum(pages) FILTER (WHERE dump = $new), 0)::BIGINT AS new_pages,
        (coalesce(sum(bytes) FILTER (WHERE dump = $new), 0)
            - coalesce(sum(bytes) FILTER (WHERE dump = $old), 0))::BIGINT AS delta_bytes
    FROM live_allocations
    WHERE dump IN ($old, $new)
    GROUP BY stack_id, owner, subsystem
)
SELECT
    stack_id,
    owner,
    subsystem,
    old_pages,
    new_pages,
    new_pages - old_pages AS delta_pages,
    delta_bytes,
    delta_bytes::DOUBLE / sum(delta_bytes) OVER () AS growth_share
FROM sides
WHERE delta_bytes > 0
ORDER BY delta_bytes DESC, stack_id
LIMIT $top
