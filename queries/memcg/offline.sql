/*+++
title = "Memory still charged to deleted control groups"
question = "Why is the memory of a stopped container not freed?"
needs = ["memcg"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
memcg = "VARCHAR: the deleted group's name, escaped."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
SELECT
    memcg,
    owner,
    subsystem,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
    AND memcg_offline
GROUP BY memcg, owner, subsystem
ORDER BY bytes DESC, memcg, owner, subsystem
