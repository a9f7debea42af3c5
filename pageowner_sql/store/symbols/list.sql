-- Every symbol file, and what it resolved; then the frames that no file resolves, by reason.
WITH looked_up AS (
    SELECT file_id, stack_id, pos, any_value(reason) AS reason
    FROM source_lines
    GROUP BY file_id, stack_id, pos
),
counted AS (
    SELECT
        file_id,
        count(*) FILTER (WHERE reason IS NULL) AS resolved_frames,
        count(*) FILTER (WHERE reason IS NOT NULL) AS other_frames,
        string_agg(DISTINCT reason, '; ' ORDER BY reason) AS reasons
    FROM looked_up
    WHERE file_id IS NOT NULL
    GROUP BY file_id
),
functions AS (
    SELECT file_id, count(*) AS functions FROM symbols GROUP BY file_id
)
SELECT
    f.module,
    f.path,
    f.kernel,
    f.build_id,
    n.functions,
    octet_length(f.cache)::BIGINT AS cache_bytes,
    coalesce(c.resolved_frames, 0) AS resolved_frames,
    coalesce(c.other_frames, 0) AS other_frames,
    c.reasons
FROM symbol_files f
LEFT JOIN functions n ON n.file_id = f.file_id
LEFT JOIN counted c ON c.file_id = f.file_id
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, 0, count(*), reason
FROM looked_up
WHERE file_id IS NULL
GROUP BY reason
ORDER BY module NULLS LAST, path, kernel, reasons
