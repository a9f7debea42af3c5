/*+++
title = "Kernel memory charged to control groups"
question = "How much of a container's memory is kernel memory?"
needs = ["memcg"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
memcg = "VARCHAR: the group's name, escaped."
memcg_objcg = "BOOLEAN: charged through an object cgroup, as kernel memory is."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
SELECT
    memcg,
    memcg_objcg,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
    AND memcg IS NOT NULL
GROUP BY memcg, memcg_objcg
ORDER BY bytes DESC, memcg, memcg_objcg
