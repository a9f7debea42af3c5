-- Of a dump that is kept as a file: its bytes from $start to before $stop, pieces as they were read.
SELECT raw
FROM file_pieces
WHERE dump_id = $dump_id AND byte_offset >= $start AND byte_offset < $stop
ORDER BY byte_offset
