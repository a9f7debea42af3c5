/*+++
title = "Memory by subsystem"
question = "Which part of the kernel holds the memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
subsystem = "VARCHAR: part of the kernel, by the ownership rules."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    subsystem,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
GROUP BY subsystem
ORDER BY bytes DESC, subsystem
