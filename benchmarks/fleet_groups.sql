-- What each machine holds on a day: the real dump's groups times what is put in, times noise.
CREATE OR REPLACE TABLE day_groups AS
WITH factors AS (
    SELECT
        d.dump_id, d.day, o.owner, d.host,
        d.scale
            * exp($spread * normal(d.host, 0, o.owner) + $noise * normal(d.host, $day, o.owner))
            * CASE o.owner
                WHEN $regressed THEN if(d.kernel = $new, $regression, 1)
                WHEN $leaked THEN 1 + if(d.leaky AND d.kernel = $new, $leak * ($day - d.upgrade_day), 0)
                WHEN $slow THEN 1 + $creep * $day
                WHEN $outlier THEN if(d.outlying, $excess, 1)
                WHEN $prevalent THEN if(d.prevalent < if(d.kernel = $new, $share_new, $share_old), 1, 0)
                WHEN $appearing THEN if($day >= $appears_on AND d.appears < $share_appearing, 1, 0)
                ELSE 1
            END AS factor
    FROM day_dumps d, owners o
    WHERE d.host_number >= $from_host AND d.host_number < $to_host
),
held AS (
    SELECT
        f.dump_id, f.day, b.*,
        -- Rounded at random, so that what is rare on one machine is so on all.
        floor(b.base_pages * f.factor + u(f.host, $day, b.number))::BIGINT AS pages
    FROM factors f
    JOIN base b ON b.owner = f.owner
    WHERE f.factor > 0
)
SELECT
    dump_id, day, stack_key, comm, memcg, "order", migratetype, allocator, node, zone, gfp,
    greatest(1, pages >> "order") AS records,
    pages,
    pages * 4096 AS bytes,
    0::BIGINT AS pages_1s,
    0::BIGINT AS pages_10s,
    0::BIGINT AS pages_1min,
    0::BIGINT AS pages_10min,
    0::BIGINT AS pages_1h,
    0::BIGINT AS pages_1d,
    0::BIGINT AS pages_1w,
    pages AS pages_older
FROM held
WHERE pages > 0
