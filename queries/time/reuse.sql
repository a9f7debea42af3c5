/*+++
title = "Memory by idle time before its allocation"
question = "Are freed pages reused at once?"
needs = ["alloc_ts", "free_ts"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
idle = "VARCHAR: time between the last free and the allocation."
least_ns = "BIGINT: smallest idle time of the row, ns; -1 for pages that were not freed before."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    b.label AS idle,
    b.from_ns AS least_ns,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN (
    VALUES
        ('never freed before', -1, 0),
        ('under 1 ms', 0, 1000000),
        ('under 1 s', 1000000, 1000000000),
        ('under 1 min', 1000000000, 60000000000),
        ('1 min and more', 60000000000, 9223372036854775807)
) b(label, from_ns, up_to_ns)
    ON CASE WHEN a.free_ts = 0 OR a.free_ts > a.alloc_ts THEN -1 ELSE a.alloc_ts - a.free_ts END
        >= b.from_ns
    AND CASE WHEN a.free_ts = 0 OR a.free_ts > a.alloc_ts THEN -1 ELSE a.alloc_ts - a.free_ts END
        < b.up_to_ns
WHERE a.dump = $dump AND a.free_ts IS NOT NULL
GROUP BY b.label, b.from_ns
ORDER BY b.from_ns
