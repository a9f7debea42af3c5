/*+++
title = "Memory by allocator"
question = "How much memory was allocated through slab, vmalloc or CMA?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
allocator = "VARCHAR: CMA, SLAB, VMALLOC, several of them separated by spaces, or OTHERS."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    allocator,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY allocator
ORDER BY bytes DESC, allocator
