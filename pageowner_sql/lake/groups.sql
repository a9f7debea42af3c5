-- The sums of a dump's records or of a summary's rows; stacks are still numbers.
WITH rows AS (
    SELECT
        stack_id, comm, memcg, "order", migratetype, allocator, node, zone, gfp,
        1::BIGINT AS records, pages, nullif(alloc_ts, 0) AS alloc_ts
    FROM live_allocations
    WHERE dump_id = $dump
    UNION ALL BY NAME
    SELECT
        stack_id, comm, memcg, "order", migratetype, allocator, records, pages,
        nullif(alloc_ts, 0) AS alloc_ts
    FROM summaries
    WHERE dump_id = $dump AND stack_id IS NOT NULL
),
aged AS (
    SELECT r.*, d.page_size, d.newest_alloc_ts - r.alloc_ts AS age
    FROM rows r
    JOIN dumps d ON d.dump_id = $dump
)
SELECT
    $dump_id AS dump_id,
    $day AS day,
    k.stack_key,
    x.comm,
    x.memcg,
    x."order"::INTEGER AS "order",
    x.migratetype,
    x.allocator,
    x.node,
    x.zone,
    x.gfp,
    sum(x.records)::BIGINT AS records,
    sum(x.pages)::BIGINT AS pages,
    (sum(x.pages) * any_value(x.page_size))::BIGINT AS bytes,
    coalesce(sum(x.pages) FILTER (WHERE x.age < 1000000000), 0)::BIGINT AS pages_1s,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 1000000000 AND x.age < 10000000000), 0)::BIGINT AS pages_10s,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 10000000000 AND x.age < 60000000000), 0)::BIGINT AS pages_1min,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 60000000000 AND x.age < 600000000000), 0)::BIGINT AS pages_10min,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 600000000000 AND x.age < 3600000000000), 0)::BIGINT AS pages_1h,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 3600000000000 AND x.age < 86400000000000), 0)::BIGINT AS pages_1d,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 86400000000000 AND x.age < 604800000000000), 0)::BIGINT AS pages_1w,
    coalesce(sum(x.pages) FILTER (WHERE x.age >= 604800000000000), 0)::BIGINT AS pages_older
FROM aged x
JOIN stack_keys k ON k.stack_id = x.stack_id
GROUP BY k.stack_key, x.comm, x.memcg, x."order", x.migratetype, x.allocator, x.node, x.zone, x.gfp
ORDER BY k.stack_key, x."order", x.comm, x.memcg, x.migratetype, x.allocator, x.node, x.zone, x.gfp
