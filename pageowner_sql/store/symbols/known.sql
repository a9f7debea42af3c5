-- Each distinct frame without a source line, and the dumps that have it.
CREATE OR REPLACE TEMP TABLE pending AS
WITH new_frames AS (
    SELECT f.*
    FROM frames f
    ANTI JOIN source_lines s ON s.stack_id = f.stack_id AND s.pos = f.pos
    WHERE f.file IS NULL AND NOT coalesce(f.inlined, false)
),
of_dumps AS (
    SELECT dump_id, stack_id FROM known_rests
    UNION
    SELECT dump_id, stack_id FROM summaries
)
SELECT
    f.stack_id,
    f.pos,
    coalesce(f.module, 'vmlinux') AS module,
    f.function,
    f."offset",
    f.size,
    f.address,
    list(d.dump_id ORDER BY d.dump_id) AS dumps
FROM new_frames f
JOIN of_dumps d ON d.stack_id = f.stack_id
GROUP BY ALL
