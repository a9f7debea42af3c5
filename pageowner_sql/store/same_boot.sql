-- How many of the oldest allocations of one dump another has too: the same page, taken at the same
-- nanosecond by the same stack. Of one boot it is most of them, of two boots none.
WITH early AS (
    SELECT r.pfn, r.alloc_ts, t.stack_id
    FROM records r
    JOIN rests t ON t.rest_id = r.rest_id
    WHERE r.dump_id = $old
        AND r.alloc_ts > 0
        AND t.stack_id NOT IN (SELECT stack_id FROM early_stacks)
    ORDER BY r.alloc_ts, r.pfn, r.ord
    LIMIT 1000
),
there AS (
    SELECT r.pfn, r.alloc_ts, t.stack_id
    FROM records r
    JOIN rests t ON t.rest_id = r.rest_id
    WHERE r.dump_id = $new AND r.alloc_ts <= (SELECT max(alloc_ts) FROM early)
)
SELECT
    (SELECT count(*) FROM early),
    count(DISTINCT (e.pfn, e.alloc_ts))
FROM early e
JOIN there h ON h.pfn = e.pfn AND h.alloc_ts = e.alloc_ts AND ($stackless OR h.stack_id = e.stack_id)
