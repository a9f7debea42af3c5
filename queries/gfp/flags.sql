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
-- As pages/flags.sql, for another column: SQL has no parameter for a name.
SELECT
    f.flag,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM live_allocations a
JOIN (
    SELECT gfp, unnest(string_split(gfp, '|')) AS flag
    FROM (SELECT DISTINCT gfp FROM live_allocations WHERE dump = $dump AND gfp <> '')
) f ON f.gfp = a.gfp
WHERE a.dump = $dump
GROUP BY f.flag
ORDER BY bytes DESC, f.flag
