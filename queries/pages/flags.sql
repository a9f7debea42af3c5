/*+++
title = "Memory by page flag"
description = """
The flags of an allocation's first page. An allocation counts for each flag, so rows overlap.
"""
question = "How much memory is on an LRU list, dirty, or under writeback?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
flag = "VARCHAR: name of the flag."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
-- As gfp/flags.sql, for another column: SQL has no parameter for a name.
SELECT
    f.flag,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM live_allocations a
JOIN (
    SELECT flags, unnest(string_split(flags, '|')) AS flag
    FROM (SELECT DISTINCT flags FROM live_allocations WHERE dump = $dump AND flags <> '')
) f ON f.flags = a.flags
WHERE a.dump = $dump
GROUP BY f.flag
ORDER BY bytes DESC, f.flag
