WITH named AS (
    SELECT t.handle, sum(1::BIGINT << h."order") AS pages
    FROM (
        SELECT header_id, rest_id FROM records WHERE dump_id = $dump_id
    ) r
    JOIN headers h ON h.header_id = r.header_id
    JOIN rests t ON t.rest_id = r.rest_id
    WHERE t.handle IS NOT NULL
    GROUP BY t.handle
    UNION ALL
    SELECT handle, sum(base_pages)
    FROM stack_counts
    WHERE dump_id = $dump_id AND handle IS NOT NULL
    GROUP BY handle
)
SELECT
    count(*),
    count(*) FILTER (WHERE k.handle IS NULL),
    coalesce(sum(n.pages) FILTER (WHERE k.handle IS NULL), 0)::BIGINT,
    (
        SELECT coalesce(list(d.label ORDER BY d.dump_id), [])
        FROM handle_lenders l
        JOIN dumps d ON d.dump_id = l.lender_id
        WHERE l.dump_id = $dump_id
    )
FROM named n
LEFT JOIN known_handles k ON k.dump_id = $dump_id AND k.handle = n.handle
