/*+++
title = "Memory by allocator"
question = "How much of it went through slab, vmalloc or CMA?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
allocator = "VARCHAR: CMA, SLAB, VMALLOC, spaces between, or OTHERS."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: part of the dump's bytes, 0 to 1."
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
