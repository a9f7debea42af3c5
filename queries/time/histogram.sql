/*+++
title = "Live memory in equal steps of time"
question = "When, between the boot and the dump, was the live memory allocated?"
needs = ["alloc_ts"]
[params.dump]
type = "dump"
help = "The dump."
[params.steps]
type = "int"
default = 120
help = "Steps from the boot to the newest allocation."
[columns]
step = "BIGINT: number of the step, 0 for the first."
since = "BIGINT: start of the step, ns since boot."
until = "BIGINT: end of the step, ns since boot."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH span AS (
    SELECT dump_id, page_size, greatest(1, newest_alloc_ts // greatest(1, $steps::BIGINT) + 1) AS length
    FROM dumps
    WHERE label = $dump
),
counted AS (
    SELECT r.alloc_ts // s.length AS step, r.header_id, count(*) AS records
    FROM records r
    JOIN span s ON s.dump_id = r.dump_id
    WHERE r.alloc_ts IS NOT NULL
    GROUP BY step, r.header_id
)
SELECT
    c.step,
    c.step * s.length AS since,
    (c.step + 1) * s.length AS until,
    sum(c.records)::BIGINT AS records,
    sum(c.records << h."order")::BIGINT AS pages,
    sum((c.records << h."order") * s.page_size)::BIGINT AS bytes
FROM counted c
CROSS JOIN span s
JOIN headers h ON h.header_id = c.header_id
GROUP BY c.step, s.length
ORDER BY c.step
