/*+++
title = "Stacks that only the later dump has"
description = """
Stacks are compared as function stacks, without offsets, so the dumps can be of two builds of a kernel.
With the dumps exchanged (`query runs/new_stacks LATER EARLIER`), the rows are the stacks that freed all of their memory.
"""
question = "Which code paths hold memory only in the later dump, or only in the earlier one?"
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
function_stack = "VARCHAR: the functions, innermost first, one per line."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH others AS (
    SELECT DISTINCT function_stack FROM live_allocations WHERE dump = $old
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
WHERE dump = $new
GROUP BY function_stack
ORDER BY bytes DESC, function_stack
LIMIT $top
