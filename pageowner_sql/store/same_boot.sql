-- How many of the oldest allocations of one dump another has too, taken at the same nanosecond by the
-- same process and stack: `stayed` in the same page, `found` in whatever page. Of one boot it is most of
-- them, of two boots none.
WITH early AS (
    SELECT r.alloc_ts, h.pid, h.tgid, h."order", if($stackless, 0, t.stack_id) AS stack_id, r.pfn
    FROM records r
    JOIN headers h ON h.header_id = r.header_id
    JOIN known_rests t ON t.rest_id = r.rest_id
    WHERE r.dump_id = $old
        AND r.alloc_ts > 0
        AND t.stack_id NOT IN (SELECT stack_id FROM early_stacks)
    ORDER BY r.alloc_ts, r.pfn, r.ord
    LIMIT 1000
),
there AS (
    SELECT r.alloc_ts, h.pid, h.tgid, h."order", if($stackless, 0, t.stack_id) AS stack_id, r.pfn
    FROM records r
    JOIN headers h ON h.header_id = r.header_id
    JOIN known_rests t ON t.rest_id = r.rest_id
    WHERE r.dump_id = $new AND r.alloc_ts <= (SELECT max(alloc_ts) FROM early)
),
elsewhere AS (
    SELECT DISTINCT alloc_ts, pid, tgid, "order", stack_id FROM there
)
SELECT
    count(*),
    count(*) FILTER (
        WHERE (e.pfn, e.alloc_ts, e.stack_id) IN (SELECT (pfn, alloc_ts, stack_id) FROM there)
    ),
    count(x.alloc_ts)
FROM early e
LEFT JOIN elsewhere x ON x.alloc_ts = e.alloc_ts AND x.stack_id = e.stack_id
    AND x."order" = e."order"
    AND x.pid IS NOT DISTINCT FROM e.pid AND x.tgid IS NOT DISTINCT FROM e.tgid
