/*+++
title = "Memory by stack depth"
question = "Does the kernel's limit cut stacks short?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
depth = "INTEGER: number of frames; the kernel keeps at most 16."
stacks = "BIGINT: distinct stacks."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    s.depth,
    count(DISTINCT a.stack_id) AS stacks,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN stacks s ON s.stack_id = a.stack_id
WHERE a.dump = $dump
GROUP BY s.depth
ORDER BY s.depth
