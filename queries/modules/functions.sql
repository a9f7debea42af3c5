/*+++
title = "Module functions by the memory allocated below them"
description = """
An allocation counts for each module function in its stack. Without modules in stacks there are no rows.
"""
question = "Which functions of modules allocate memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
module = "VARCHAR: the module."
function = "VARCHAR: a function of the module in the stack."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH held AS (
    SELECT stack_id, count(*) AS records, sum(pages) AS pages, sum(bytes) AS bytes
    FROM allocations
    WHERE dump = $dump
    GROUP BY stack_id
)
SELECT
    f.module,
    f.base_function AS function,
    sum(held.records)::BIGINT AS records,
    sum(held.pages)::BIGINT AS pages,
    sum(held.bytes)::BIGINT AS bytes
FROM held
JOIN (
    SELECT DISTINCT stack_id, module, base_function
    FROM frames
    WHERE module IS NOT NULL AND base_function IS NOT NULL
) f ON f.stack_id = held.stack_id
GROUP BY f.module, f.base_function
ORDER BY bytes DESC, f.module, function
LIMIT $top
