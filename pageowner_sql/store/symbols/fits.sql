-- For each file and dump: how many functions of the dump the file has, and of how many the size agrees.
CREATE OR REPLACE TEMP TABLE fits AS
WITH of_dumps AS (
    SELECT dump_id, stack_id FROM known_rests
    UNION
    SELECT dump_id, stack_id FROM summaries
),
printed AS (
    SELECT DISTINCT d.dump_id, coalesce(f.module, 'vmlinux') AS module, f.function, f.size
    FROM of_dumps d
    JOIN frames f ON f.stack_id = d.stack_id
    WHERE f.function IS NOT NULL AND f.size IS NOT NULL
),
compared AS (
    SELECT
        p.dump_id,
        s.file_id,
        p.function,
        bool_or(p.size IN (s.size, s.span)) AS agrees
    FROM printed p
    JOIN symbol_files f ON f.module = p.module
    JOIN symbols s ON s.file_id = f.file_id AND s.name = p.function
    JOIN dumps u ON u.dump_id = p.dump_id
    WHERE f.kernel IS NULL OR f.kernel IN (u.kernel, u.label)
    GROUP BY p.dump_id, s.file_id, p.function
)
SELECT
    dump_id,
    file_id,
    count(*) AS known,
    count(*) FILTER (WHERE agrees) AS agreeing,
    -- Two builds share the sizes of many small functions, but not of nearly all.
    agreeing >= 0.9 * known AS fits
FROM compared
GROUP BY dump_id, file_id
