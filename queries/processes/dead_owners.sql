/*+++
title = "Memory whose process is gone"
description = """
A process that ended leaves page cache, and what the kernel keeps on its behalf. The dump must have the list of
processes, as those of `capture` do; without it there are no rows. A process that is younger than the allocation
is another one with the same number.
"""
question = "Which memory was allocated by processes that no longer exist?"
needs = ["tgid", "comm", "alloc_ts"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
comm = "VARCHAR: name of the thread that allocated."
processes = "BIGINT: processes that are gone."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
WITH gone AS (
    SELECT a.*, sum(a.bytes) OVER () AS dump_bytes, p.tgid IS NULL AS is_gone
    FROM live_allocations a
    LEFT JOIN processes p
        ON p.dump_id = a.dump_id AND p.tgid = a.tgid
        -- The two clocks differ by what the scheduler's was set late.
        AND p.start_ts <= a.alloc_ts + 1_000_000_000
    WHERE a.dump = $dump
        AND a.dump_id IN (SELECT dump_id FROM processes)
)
SELECT
    owner,
    subsystem,
    comm,
    count(DISTINCT tgid) AS processes,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / any_value(dump_bytes) AS share
FROM gone
WHERE is_gone
    -- The kernel itself before its first process: pid 0, and early boot.
    AND tgid > 0
GROUP BY owner, subsystem, comm
ORDER BY bytes DESC, owner, subsystem, comm
LIMIT $top
