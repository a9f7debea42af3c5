/*+++
title = "Processes that hold the most memory"
question = "Which process allocated the most, with all of its threads?"
needs = ["pid", "tgid", "comm"]
[params.dump]
type = "dump"
help = "The dump."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
tgid = "INTEGER: the process."
comm = "VARCHAR: name of one of its threads, the first alphabetically."
threads = "BIGINT: threads that allocated."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    tgid,
    min(comm) AS comm,
    count(DISTINCT pid) AS threads,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
GROUP BY tgid
ORDER BY bytes DESC, tgid
LIMIT $top
