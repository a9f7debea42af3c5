/*+++
title = "Callers of one function, by memory held"
description = """
If the function is in a stack more than once, the innermost frame counts.
"""
question = "Which callers of kmalloc_reserve hold memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.function]
type = "str"
default = "alloc_pages"
help = "The function, as printed or as in the source."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
caller = "VARCHAR: the calling function; (none) at the end of the stack."
module = "VARCHAR: its module; NULL for the kernel itself."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH held AS (
    SELECT stack_id, count(*) AS records, sum(pages) AS pages, sum(bytes) AS bytes
    FROM allocations
    WHERE dump = $dump
    GROUP BY stack_id
),
called AS (
    SELECT stack_id, min(pos) AS pos
    FROM frames
    WHERE base_function = $function OR function = $function
    GROUP BY stack_id
)
SELECT
    coalesce(caller.base_function, '(none)') AS caller,
    caller.module,
    sum(held.records)::BIGINT AS records,
    sum(held.pages)::BIGINT AS pages,
    sum(held.bytes)::BIGINT AS bytes
FROM called
JOIN held ON held.stack_id = called.stack_id
LEFT JOIN frames caller ON caller.stack_id = called.stack_id AND caller.pos = called.pos + 1
GROUP BY caller.base_function, caller.module
ORDER BY bytes DESC, caller, caller.module
LIMIT $top
