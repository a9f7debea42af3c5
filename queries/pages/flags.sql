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
SELECT
    f.flag,
    count(*) AS records,
    sum(1::BIGINT << h."order")::BIGINT AS pages,
    sum((1::BIGINT << h."order") * d.page_size)::BIGINT AS bytes
FROM records r
JOIN dumps d ON d.dump_id = r.dump_id
JOIN headers h ON h.header_id = r.header_id
JOIN page_flags f ON f.page_state_id = r.page_state_id
WHERE d.label = $dump
GROUP BY f.flag
ORDER BY bytes DESC, f.flag
