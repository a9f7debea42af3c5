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
    SELECT
        -- Cheaper than a join of each allocation to a range.
        CASE
            WHEN age < 1 THEN 0
            WHEN age < 10 THEN 1
            WHEN age < 60 THEN 10
            WHEN age < 600 THEN 60
            WHEN age < 3600 THEN 600
            WHEN age < 86400 THEN 3600
            WHEN age < 604800 THEN 86400
            ELSE 604800
        END AS least_seconds,
        count(*) AS records,
        sum(pages)::BIGINT AS pages,
        sum(bytes)::BIGINT AS bytes
    FROM (
        SELECT (d.newest_alloc_ts - a.alloc_ts) // 1000000000 AS age, a.pages, a.bytes
        FROM allocations a
        JOIN dumps d ON d.dump_id = a.dump_id
        WHERE a.dump = $dump AND a.alloc_ts IS NOT NULL
    )
    GROUP BY least_seconds
)
SELECT
    CASE least_seconds
        WHEN 0 THEN 'under 1 s'
        WHEN 1 THEN 'under 10 s'
        WHEN 10 THEN 'under 1 min'
        WHEN 60 THEN 'under 10 min'
        WHEN 600 THEN 'under 1 h'
        WHEN 3600 THEN 'under 1 d'
        WHEN 86400 THEN 'under 1 w'
        ELSE '1 w and older'
    END AS age,
    least_seconds,
    records,
    pages,
    bytes,
    bytes::DOUBLE / sum(bytes) OVER () AS share
FROM counted
ORDER BY least_seconds
