-- Bytes of the rejects and gaps from $start to before $stop, summed up by $span positions.
SELECT ord // $span * $span AS first, sum(octet_length(raw))::BIGINT AS bytes
FROM (
    SELECT ord, raw FROM rejects WHERE dump_id = $dump_id AND ord >= $start AND ord < $stop
    UNION ALL
    SELECT ord, raw FROM gaps WHERE dump_id = $dump_id AND ord >= $start AND ord < $stop
)
GROUP BY first
ORDER BY first
