-- The distinct places to look up: a file, and addresses that a frame may mean.
CREATE OR REPLACE TEMP TABLE wanted AS
WITH chosen AS (
    SELECT
        p.stack_id,
        p.pos,
        p.module,
        p.function,
        p."offset",
        p.size,
        -- A file with lines before one with only symbols, then the file that was added first.
        arg_min(s.file_id, (s.cache IS NULL, s.file_id)) AS file_id
    FROM pending p
    JOIN symbol_files s ON s.module = p.module
    JOIN fits f ON f.file_id = s.file_id AND f.fits AND list_contains(p.dumps, f.dump_id)
    WHERE p.function IS NOT NULL
    GROUP BY ALL
),
matched AS (
    SELECT
        c.file_id,
        c.function,
        c."offset",
        c.size,
        list(DISTINCT s.address ORDER BY s.address)
            FILTER (WHERE c.size IS NULL OR c.size IN (s.size, s.span)) AS addresses,
        count(s.name) AS known
    FROM (SELECT DISTINCT file_id, function, "offset", size FROM chosen) c
    LEFT JOIN symbols s ON s.file_id = c.file_id AND s.name = c.function
    GROUP BY ALL
),
-- A bare address is in the function below it, of a file that fits, or in a module that lies there.
loaded AS (
    SELECT
        m.name AS module,
        m.address,
        m.size
    FROM symbols m
    JOIN symbol_files f ON f.file_id = m.file_id AND f.module = 'modules'
),
addressed AS (
    SELECT
        p.stack_id,
        p.pos,
        s.file_id,
        -- Code of a module begins at 0x10000 in the file's symbols.
        p.address - coalesce(l.address - 65536, 0) AS address
    FROM pending p
    LEFT JOIN loaded l ON p.address >= l.address AND p.address < l.address + l.size
    JOIN symbol_files s ON s.module = coalesce(l.module, 'vmlinux')
    LEFT JOIN fits f ON f.file_id = s.file_id AND f.fits AND list_contains(p.dumps, f.dump_id)
    WHERE p.function IS NULL AND p.address IS NOT NULL AND (l.module IS NOT NULL OR f.fits)
    QUALIFY row_number() OVER (
        PARTITION BY p.stack_id, p.pos ORDER BY l.address DESC NULLS LAST, s.cache IS NULL, s.file_id
    ) = 1
),
placed AS (
    SELECT a.stack_id, a.pos, a.file_id, s.name, a.address - s.address AS "offset", s.address
    FROM addressed a
    ASOF JOIN (FROM symbols s SEMI JOIN addressed a ON a.file_id = s.file_id) s
        ON s.file_id = a.file_id AND a.address >= s.address
    WHERE a.address - s.address < greatest(s.size, s.span)
),
keyed AS (
    SELECT
        c.stack_id,
        c.pos,
        m.file_id,
        m.function,
        m."offset",
        m.addresses,
        CASE
            WHEN len(m.addresses) > 0 THEN NULL
            WHEN m.known = 0 THEN 'no such function in the file'
            ELSE 'its size differs from the file''s'
        END AS reason
    FROM chosen c
    JOIN matched m ON m.file_id = c.file_id AND m.function = c.function
        AND m."offset" IS NOT DISTINCT FROM c."offset" AND m.size IS NOT DISTINCT FROM c.size
    UNION ALL
    SELECT stack_id, pos, file_id, name, "offset", [address], NULL FROM placed
)
SELECT
    p.stack_id,
    p.pos,
    k.file_id,
    coalesce(k.function, p.function) AS function,
    k."offset",
    k.addresses,
    CASE
        WHEN k.file_id IS NOT NULL THEN k.reason
        WHEN p.function IS NULL THEN 'an address in no known function'
        WHEN EXISTS (FROM symbol_files s WHERE s.module = p.module) THEN 'the file is of another build'
        ELSE 'no symbol file of ' || p.module
    END AS reason,
    dense_rank() OVER (ORDER BY k.file_id, k.function, k."offset", k.addresses) AS key_id
FROM pending p
LEFT JOIN keyed k ON k.stack_id = p.stack_id AND k.pos = p.pos
