-- Base pages of a dump whose allocations have no identity: early boot, or without a time.
SELECT
    coalesce(sum(1::BIGINT << h."order") FILTER (
        WHERE t.stack_id IN (SELECT stack_id FROM early_stacks)
    ), 0),
    coalesce(sum(1::BIGINT << h."order") FILTER (
        WHERE t.stack_id NOT IN (SELECT stack_id FROM early_stacks)
            AND coalesce(r.alloc_ts, 0) <= 0
    ), 0)
FROM records r
JOIN headers h ON h.header_id = r.header_id
JOIN known_rests t ON t.rest_id = r.rest_id
WHERE r.dump_id = $dump_id
