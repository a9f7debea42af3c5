/*+++
title = "Memory by order"
question = "How large are the allocated blocks?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
order = "TINYINT: a block has 1 << order base pages."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    "order",
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY "order"
ORDER BY bytes DESC, "order"
