/*+++
title = "Memory by age"
question = "How much memory was allocated more than a minute ago?"
needs = ["alloc_ts"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
age = "VARCHAR: time from the allocation to the newest allocation of the dump."
least_seconds = "INTEGER: smallest age of the row, seconds."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
WITH aged AS (
    SELECT
        (d.newest_alloc_ts - r.alloc_ts) // 1000000000 AS age,
        (1::BIGINT << h."order") AS pages,
        (1::BIGINT << h."order") * d.page_size AS bytes
    FROM records r
    JOIN dumps d ON d.dump_id = r.dump_id
    JOIN headers h ON h.header_id = r.header_id
    WHERE d.label = $dump AND r.alloc_ts IS NOT NULL
)
SELECT
    b.label AS age,
    b.seconds AS least_seconds,
    count(*) AS records,
    sum(aged.pages)::BIGINT AS pages,
    sum(aged.bytes)::BIGINT AS bytes,
    sum(aged.bytes)::DOUBLE / sum(sum(aged.bytes)) OVER () AS share
FROM aged
JOIN (
    VALUES
        ('under 1 s', 0, 1),
        ('under 10 s', 1, 10),
        ('under 1 min', 10, 60),
        ('under 10 min', 60, 600),
        ('under 1 h', 600, 3600),
        ('under 1 d', 3600, 86400),
        ('under 1 w', 86400, 604800),
        ('1 w and older', 604800, 9223372036854775807)
) b(label, seconds, up_to) ON aged.age >= b.seconds AND aged.age < b.up_to
GROUP BY b.label, b.seconds
ORDER BY b.seconds
