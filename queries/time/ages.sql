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
WITH counted AS (
    -- The number of the row below that has an age, without a join of each record to a range.
    SELECT
        r.header_id,
        r.dump_id,
        (age >= 0)::INTEGER + (age >= 1)::INTEGER + (age >= 10)::INTEGER + (age >= 60)::INTEGER
            + (age >= 600)::INTEGER + (age >= 3600)::INTEGER + (age >= 86400)::INTEGER
            + (age >= 604800)::INTEGER AS place,
        count(*) AS records
    FROM (
        SELECT r.header_id, r.dump_id, (d.newest_alloc_ts - r.alloc_ts) // 1000000000 AS age
        FROM records r
        JOIN dumps d ON d.dump_id = r.dump_id
        WHERE d.label = $dump AND r.alloc_ts IS NOT NULL
    ) r
    GROUP BY r.header_id, r.dump_id, place
)
SELECT
    b.label AS age,
    b.seconds AS least_seconds,
    sum(c.records)::BIGINT AS records,
    sum(c.records << h."order")::BIGINT AS pages,
    sum((c.records << h."order") * d.page_size)::BIGINT AS bytes,
    sum((c.records << h."order") * d.page_size)::DOUBLE
        / sum(sum((c.records << h."order") * d.page_size)) OVER () AS share
FROM counted c
JOIN dumps d ON d.dump_id = c.dump_id
JOIN headers h ON h.header_id = c.header_id
JOIN (
    VALUES
        ('under 1 s', 0, 1),
        ('under 10 s', 1, 2),
        ('under 1 min', 10, 3),
        ('under 10 min', 60, 4),
        ('under 1 h', 600, 5),
        ('under 1 d', 3600, 6),
        ('under 1 w', 86400, 7),
        ('1 w and older', 604800, 8)
) b(label, seconds, place) ON b.place = c.place
GROUP BY b.label, b.seconds
ORDER BY b.seconds
