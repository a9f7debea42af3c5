/*+++
title = "Stacks that hold the most memory"
question = "Which code path holds the memory?"
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
stack = "VARCHAR: its frames, innermost first, one per line."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    held.stack_id,
    s.text AS stack,
    held.records,
    held.pages,
    held.bytes,
    held.share
FROM (
    SELECT
        stack_id,
        count(*) AS records,
        sum(pages)::BIGINT AS pages,
        sum(bytes)::BIGINT AS bytes,
        sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
    FROM allocations
    WHERE dump = $dump
    GROUP BY stack_id
) held
JOIN stacks s ON s.stack_id = held.stack_id
ORDER BY held.bytes DESC, held.stack_id
LIMIT $top
