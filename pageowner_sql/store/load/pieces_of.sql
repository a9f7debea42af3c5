-- The pieces of a file that hold its bytes from $start to before $stop.
SELECT byte_offset, raw
FROM file_pieces
WHERE dump_id = $dump_id AND byte_offset < $stop AND byte_offset + octet_length(raw) > $start
ORDER BY byte_offset
