/*+++
title = "Memory allocated since an earlier dump"
description = """
Allocations that are newer than the newest allocation of the old dump. Both dumps must be of one boot. Short-lived memory
is in it too; runs/survivors shows what was not freed.
"""
question = "What was allocated since the last dump?"
needs = ["alloc_ts", "stack"]
[params.old]
type = "dump"
help = "The earlier dump."
[params.new]
type = "dump"
help = "A later dump of the same boot."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
comm = "VARCHAR: name of the thread with most of it, escaped; NULL if the format has none."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
oldest_ns = "BIGINT: time of the oldest, ns after the old dump."
newest_ns = "BIGINT: time of the newest, ns after the old dump."
+++*/
WITH fresh AS (
    SELECT a.*, a.alloc_ts - d.newest_alloc_ts AS after_ns
    FROM live_allocations a
    JOIN dumps d ON d.label = $old
    WHERE a.dump = $new AND a.alloc_ts > d.newest_alloc_ts
),
by_comm AS (
    SELECT
        owner,
        subsystem,
        comm,
        count(*) AS records,
        sum(pages) AS pages,
        sum(bytes) AS bytes,
        min(after_ns) AS oldest_ns,
        max(after_ns) AS newest_ns
    FROM fresh
    GROUP BY owner, subsystem, comm
)
SELECT
    owner,
    subsystem,
    arg_max(comm, (bytes, comm)) AS comm,
    sum(records)::BIGINT AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    min(oldest_ns) AS oldest_ns,
    max(newest_ns) AS newest_ns
FROM by_comm
GROUP BY owner, subsystem
ORDER BY bytes DESC, owner, subsystem
LIMIT $top
