SELECT raw
FROM record_texts
WHERE dump_id = $dump_id AND ord >= $start AND ord < $stop
ORDER BY ord
