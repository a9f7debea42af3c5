/*+++
title = "Stacks that only the earlier dump has"
description = """
Functions and their order count, not offsets: so dumps of two builds of a kernel can be compared.
"""
question = "Which code paths gave back all that they held?"
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
function_stack = "VARCHAR: the functions, innermost first, a line each."
owner = "VARCHAR: the function that the memory is for."
subsystem = "VARCHAR: its part of the kernel."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH others AS (
    SELECT DISTINCT function_stack FROM live_allocations WHERE dump = $new
)
SELECT
    function_stack,
    any_value(owner) AS owner,
    any_value(subsystem) AS subsystem,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes
FROM live_allocations
ANTI JOIN others USING (function_stack)
WHERE dump = $old
GROUP BY function_stack
ORDER BY bytes DESC, function_stack
LIMIT $top
