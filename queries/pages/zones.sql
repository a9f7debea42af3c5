/*+++
title = "Memory by node and zone"
question = "Which nodes and zones hold the memory?"
needs = ["node", "zone"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
node = "INTEGER: NUMA node."
zone = "INTEGER: zone number within the node."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    node,
    zone,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY node, zone
ORDER BY bytes DESC, node, zone
