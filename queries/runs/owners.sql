/*+++
title = "Memory of each owner in two dumps"
description = """
Owners are functions without offsets, so dumps of two kernels can be compared. An owner that one dump lacks has 0 there.
"""
question = "Which functions hold more memory than before?"
needs = ["stack"]
[params.old]
type = "dump"
help = "A dump."
[params.new]
type = "dump"
help = "A later dump, or a dump of another kernel."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
old_bytes = "BIGINT: bytes in the old dump."
new_bytes = "BIGINT: bytes in the new dump."
delta_bytes = "BIGINT: new_bytes - old_bytes."
times = "DOUBLE: new_bytes / old_bytes; NULL if the old dump has none."
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
