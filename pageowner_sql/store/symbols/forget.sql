UPDATE frames f
SET file = NULL, line = NULL
FROM (SELECT DISTINCT stack_id, pos FROM source_lines WHERE file IS NOT NULL) s
WHERE f.stack_id = s.stack_id AND f.pos = s.pos
