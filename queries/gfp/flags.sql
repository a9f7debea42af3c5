/*+++
title = "Memory by gfp flag"
description = """
An allocation counts for each of its flags, so rows overlap.
"""
question = "How much memory was allocated with __GFP_ZERO?"
needs = ["gfp"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
flag = "VARCHAR: name of the flag; names such as GFP_KERNEL combine several bits."
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
JOIN gfp_flags f ON f.header_id = r.header_id
WHERE d.label = $dump
GROUP BY f.flag
ORDER BY bytes DESC, f.flag
