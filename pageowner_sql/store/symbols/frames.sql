UPDATE frames f
SET file = s.file, line = s.line
FROM (
    SELECT stack_id, pos, arg_max(file, depth) AS file, arg_max(line, depth) AS line
    FROM source_lines
    WHERE file IS NOT NULL
    GROUP BY stack_id, pos
) s
WHERE f.stack_id = s.stack_id AND f.pos = s.pos AND f.file IS NULL
