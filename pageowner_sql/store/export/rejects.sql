SELECT ord, count(*) AS pieces, sum(octet_length(raw))::BIGINT AS bytes
FROM rejects
WHERE dump_id = $dump_id
GROUP BY ord
ORDER BY ord
