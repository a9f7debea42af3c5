/*+++
title = "Stacks with one function"
question = "Which stacks with vfs_write hold memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.function]
type = "str"
default = "vfs_write"
help = "The function, as printed or as in the source."
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
+++*/
SELECT
    held.stack_id,
    s.text AS stack,
    held.records,
    held.pages,
    held.bytes
FROM (
    SELECT
        stack_id,
        count(*) AS records,
        sum(pages)::BIGINT AS pages,
        sum(bytes)::BIGINT AS bytes
    FROM allocations
    WHERE dump = $dump
        AND stack_id IN (
            SELECT stack_id FROM frames WHERE base_function = $function OR function = $function
        )
    GROUP BY stack_id
) held
JOIN stacks s ON s.stack_id = held.stack_id
ORDER BY held.bytes DESC, held.stack_id
LIMIT $top
