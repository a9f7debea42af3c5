SELECT coalesce(sum(1::BIGINT << h."order"), 0)::BIGINT
FROM records r
JOIN headers h ON h.header_id = r.header_id
WHERE r.dump_id = $dump_id
