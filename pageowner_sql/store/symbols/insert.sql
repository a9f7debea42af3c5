-- What was looked up, for every frame; then the line of each frame's own function in frames.
INSERT INTO source_lines
SELECT
    w.stack_id,
    w.pos,
    coalesce(r.depth, 0),
    w.file_id,
    coalesce(r.function, w.function),
    r.file,
    r.line,
    coalesce(w.reason, r.reason)
FROM wanted w
LEFT JOIN looked_up r ON r.key_id = w.key_id AND w.reason IS NULL
ORDER BY w.stack_id, w.pos, r.depth
