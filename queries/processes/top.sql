/*+++
title = "Process names that hold the most memory"
question = "Which programs allocated the memory?"
needs = ["comm"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
comm = "VARCHAR: the thread's name, escaped like headers.comm."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    comm,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY comm
ORDER BY bytes DESC, comm
LIMIT $top
