/*+++
title = "Owners that hold the most memory"
question = "Which functions own the memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    owner,
    subsystem,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
GROUP BY owner, subsystem
ORDER BY bytes DESC, owner, subsystem
LIMIT $top
