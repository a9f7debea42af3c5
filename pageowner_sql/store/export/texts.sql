SELECT raw
FROM dump_texts
WHERE dump_id = $dump_id
    AND ord >= $start AND ord < $stop
    AND piece >= $first_piece AND piece < $stop_piece
ORDER BY ord, piece
