/*+++
title = "Owners of large blocks"
question = "Who holds large blocks, which fragmentation makes scarce?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.least]
type = "int"
default = 3
help = "Smallest order; the kernel calls orders above 3 costly."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
order = "TINYINT: a block has 1 << order base pages."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
SELECT
    owner,
    "order",
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
    AND "order" >= $least
GROUP BY owner, "order"
ORDER BY bytes DESC, owner, "order"
LIMIT $top
