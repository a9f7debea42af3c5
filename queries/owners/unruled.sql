/*+++
title = "Memory without a subsystem rule"
question = "Which stacks need new rules?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory."
owner_by = "VARCHAR: how the owner was found; see stack_owners.owner_by."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    a.stack_id,
    o.owner,
    o.owner_by,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN stack_owners o ON o.stack_id = a.stack_id
WHERE a.dump = $dump AND o.subsystem_rule IS NULL
GROUP BY a.stack_id, o.owner, o.owner_by
ORDER BY bytes DESC, a.stack_id
LIMIT $top
