/*+++
title = "Functions by the memory allocated below them"
description = """
An allocation counts for each function in its stack, so rows overlap and add up to more than the dump.
"""
question = "How much memory was allocated below vfs_write?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
function = "VARCHAR: a function in the stack, as in the source."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1; shares of nested functions overlap."
+++*/
WITH held AS (
    SELECT stack_id, count(*) AS records, sum(pages) AS pages, sum(bytes) AS bytes
    FROM allocations
    WHERE dump = $dump
    GROUP BY stack_id
)
SELECT
    f.base_function AS function,
    sum(held.records)::BIGINT AS records,
    sum(held.pages)::BIGINT AS pages,
    sum(held.bytes)::BIGINT AS bytes,
    sum(held.bytes)::DOUBLE / (SELECT sum(bytes) FROM held) AS share
FROM held
JOIN (
    SELECT DISTINCT stack_id, base_function
    FROM frames
    WHERE base_function IS NOT NULL
) f ON f.stack_id = held.stack_id
GROUP BY f.base_function
ORDER BY bytes DESC, function
LIMIT $top
