/*+++
title = "Memory by migratetype"
question = "How much memory can the kernel not move?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
migratetype = "VARCHAR: the allocation's own migratetype, from its gfp mask."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    migratetype,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY migratetype
ORDER BY bytes DESC, migratetype
