/*+++
title = "Memory by gfp mask"
question = "Which combinations of gfp flags request the memory?"
needs = ["gfp"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
gfp_mask = "BIGINT: the flags as bits."
gfp = "VARCHAR: the flags by name."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    gfp_mask,
    gfp,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY gfp_mask, gfp
ORDER BY bytes DESC, gfp_mask, gfp
LIMIT $top
