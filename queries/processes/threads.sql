/*+++
title = "Threads that hold the most memory"
question = "Which thread allocated the memory?"
needs = ["pid", "tgid", "comm"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
pid = "INTEGER: the thread."
tgid = "INTEGER: its process."
comm = "VARCHAR: its name, escaped."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    pid,
    tgid,
    comm,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY pid, tgid, comm
ORDER BY bytes DESC, pid, tgid, comm
LIMIT $top
