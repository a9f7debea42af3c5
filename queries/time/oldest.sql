/*+++
title = "Stacks with the oldest memory"
question = "Which memory was allocated long ago and not freed?"
needs = ["alloc_ts", "stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.after]
type = "duration"
default = "1s"
help = "Leave out allocations before this time since boot, which are permanent."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory."
oldest_alloc_ts = "BIGINT: time of its oldest allocation, ns since boot."
newest_alloc_ts = "BIGINT: time of its newest allocation, ns since boot."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    a.stack_id,
    o.owner,
    min(a.alloc_ts) AS oldest_alloc_ts,
    max(a.alloc_ts) AS newest_alloc_ts,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN stack_owners o ON o.stack_id = a.stack_id
WHERE a.dump = $dump AND a.alloc_ts >= $after
GROUP BY a.stack_id, o.owner
ORDER BY oldest_alloc_ts, a.stack_id
LIMIT $top
