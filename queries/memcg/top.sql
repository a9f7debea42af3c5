/*+++
title = "Memory by control group"
question = "Which container is charged for the memory?"
needs = ["memcg"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
memcg = "VARCHAR: the group's name, escaped; NULL for memory that is not charged."
memcg_offline = "BOOLEAN: the group was deleted and still holds memory."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    memcg,
    memcg_offline,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY memcg, memcg_offline
ORDER BY bytes DESC, memcg, memcg_offline
