/*+++
title = "Largest bursts of allocations by one owner"
question = "Which owner allocated much memory at once, and when?"
needs = ["alloc_ts", "stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.step]
type = "duration"
default = "1s"
help = "Length of a step."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
since = "BIGINT: start of the step, ns since boot."
owner = "VARCHAR: the function that owns the memory."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    (a.alloc_ts // $step) * $step AS since,
    o.owner,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN stack_owners o ON o.stack_id = a.stack_id
WHERE a.dump = $dump AND a.alloc_ts IS NOT NULL
GROUP BY a.alloc_ts // $step, o.owner
ORDER BY bytes DESC, since, o.owner
LIMIT $top
