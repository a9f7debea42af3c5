/*+++
title = "Owners of one program's memory"
question = "What did redis-server make the kernel allocate?"
needs = ["comm", "stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.comm]
type = "str"
default = "swapper/0"
help = "Exact name, escaped like headers.comm."
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
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
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
    AND comm = $comm
GROUP BY owner, subsystem
ORDER BY bytes DESC, owner, subsystem
LIMIT $top
