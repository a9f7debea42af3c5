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
    SELECT
        label,
        greatest(1, newest_alloc_ts // greatest(1, $steps::BIGINT) + 1) AS length
    FROM dumps
    WHERE label = $dump
)
SELECT
    a.alloc_ts // s.length AS step,
    step * s.length AS since,
    (step + 1) * s.length AS until,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM allocations a
JOIN span s ON s.label = a.dump
WHERE a.dump = $dump AND a.alloc_ts IS NOT NULL
GROUP BY step, s.length
ORDER BY step
