-- The groups of the batch with the numbers of their texts. The few texts of the groups are the side
-- that is built on, whatever there is in load_texts.
-- `same`: the texts are the ones that their hashes stand for.
WITH hashed AS (
    SELECT *, hash(header) AS header_h, hash(page_state) AS page_state_h, hash(rest) AS rest_h
    FROM load_groups
),
known AS MATERIALIZED (
    SELECT k.kind, k.h, k.id, k.raw
    FROM load_texts k
    JOIN (
        SELECT DISTINCT 1 AS kind, header_h AS h FROM hashed
        UNION ALL
        SELECT DISTINCT 3, page_state_h FROM hashed
        UNION ALL
        SELECT DISTINCT 4, rest_h FROM hashed
    ) g ON g.kind = k.kind AND g.h = k.h
)
SELECT
    g.* EXCLUDE (header, page_state, rest, header_h, page_state_h, rest_h),
    h.id AS header_id, p.id AS page_state_id, r.id AS rest_id,
    h.raw = g.header AND p.raw = g.page_state AND r.raw = g.rest AS same
FROM hashed g
JOIN (SELECT id, h, raw FROM known WHERE kind = 1) h ON h.h = g.header_h
JOIN (SELECT id, h, raw FROM known WHERE kind = 3) p ON p.h = g.page_state_h
JOIN (SELECT id, h, raw FROM known WHERE kind = 4) r ON r.h = g.rest_h
