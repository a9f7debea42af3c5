/*+++
title = "What each owner holds in two dumps"
description = """
Owners are functions without offsets, so dumps of two kernels can be compared. A row whose owner only one of them
has is 0 on the other side.
"""
question = "Which part of the kernel needs more memory now?"
needs = ["stack"]
[params.old]
type = "dump"
help = "A dump."
[params.new]
type = "dump"
help = "A later dump, or one of another kernel."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that the memory is for."
subsystem = "VARCHAR: its part of the kernel."
old_bytes = "BIGINT: what it holds in the old dump, bytes."
new_bytes = "BIGINT: what it holds in the new dump, bytes."
delta_bytes = "BIGINT: new_bytes - old_bytes."
times = "DOUBLE: new_bytes / old_bytes; NULL where the old dump has none."
+++*/
SELECT
    owner,
    subsystem,
    coalesce(sum(bytes) FILTER (WHERE dump = $old), 0)::BIGINT AS old_bytes,
    coalesce(sum(bytes) FILTER (WHERE dump = $new), 0)::BIGINT AS new_bytes,
    new_bytes - old_bytes AS delta_bytes,
    CASE WHEN old_bytes > 0 THEN new_bytes / old_bytes END::DOUBLE AS times
FROM live_allocations
WHERE dump IN ($old, $new)
GROUP BY owner, subsystem
ORDER BY abs(delta_bytes) DESC, owner, subsystem
LIMIT $top
