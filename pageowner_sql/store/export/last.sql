SELECT max(ord)
FROM (
    SELECT max(ord) AS ord FROM records WHERE dump_id = $dump_id
    UNION ALL
    SELECT max(ord) FROM rejects WHERE dump_id = $dump_id
    UNION ALL
    SELECT max(ord) FROM gaps WHERE dump_id = $dump_id
)
