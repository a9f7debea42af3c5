SELECT file_id, path, base, root, cache
FROM symbol_files
WHERE file_id IN (SELECT file_id FROM wanted)
ORDER BY file_id
