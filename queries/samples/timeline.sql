/*+++
title = "What the largest series of samples held over time"
question = "When did which stack begin to grow?"
[params.source]
type = "str"
default = "stacks"
help = "stacks (show_handles or show_stacks), allocinfo or meminfo."
[params.since]
type = "str"
default = ""
help = "Samples then or later, as 2026-11-28 12:30 (UTC); all where it is empty."
[params.until]
type = "str"
default = ""
help = "Samples then or earlier, written likewise."
[params.top]
type = "int"
default = 11
help = "Series; those with the largest amount."
[params.points]
type = "int"
default = 60
help = "Samples at most, evenly among those in that time."
[columns]
taken_at = "TIMESTAMP: when the sample was taken (UTC)."
series_id = "INTEGER: joins sample_series.series_id."
name = "VARCHAR: what was counted: a handle, stack, line of source, or field."
function_hint = "VARCHAR: the first line of the stack that is not the allocator's own, as printed; NULL without a stack."
bytes = "BIGINT: bytes held."
+++*/
WITH chosen AS (
    SELECT sample_id, taken_at, row_number() OVER (ORDER BY taken_at, sample_id) - 1 AS place, count(*) OVER () AS n
    FROM samples
    WHERE (source = $source OR ($source = 'stacks' AND source IN ('show_handles', 'show_stacks')))
        AND ($since = '' OR taken_at >= try_cast($since AS TIMESTAMP))
        AND ($until = '' OR taken_at <= try_cast($until AS TIMESTAMP))
),
-- The last of each of these equal parts, and the first of all.
picked AS (
    SELECT sample_id, taken_at
    FROM chosen
    WHERE place = 0 OR place * ($points - 1) // n <> (place + 1) * ($points - 1) // n OR place = n - 1
),
largest AS (
    SELECT c.series_id
    FROM sample_points c
    JOIN picked p ON p.sample_id = c.sample_id
    GROUP BY c.series_id
    HAVING max(c.bytes) > 0
    ORDER BY max(c.bytes) DESC, c.series_id
    LIMIT $top
)
SELECT
    p.taken_at,
    n.series_id,
    n.name,
    function_hint(n.stack) AS function_hint,
    coalesce(c.bytes, 0) AS bytes
FROM picked p
CROSS JOIN largest l
JOIN sample_series n ON n.series_id = l.series_id
LEFT JOIN sample_points c ON c.sample_id = p.sample_id AND c.series_id = l.series_id
ORDER BY p.taken_at, n.series_id
