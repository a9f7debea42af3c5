/*+++
title = "Process names with unusual characters"
question = "Does a process name try to deceive readers of the dump?"
needs = ["comm"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
comm = "VARCHAR: the name, escaped."
hex = "VARCHAR: its bytes in hex."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    comm,
    hex(comm_bytes(comm)) AS hex,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes
FROM allocations
WHERE dump = $dump AND NOT regexp_full_match(comm, '[A-Za-z0-9_./:+#@-]*')
GROUP BY comm
ORDER BY comm
