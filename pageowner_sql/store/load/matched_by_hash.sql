-- The groups of the batch with the numbers of their texts.
-- `same`: the texts are the ones that their hashes stand for.
CREATE OR REPLACE TEMP TABLE load_matched AS
SELECT
    g.*, h.id AS header_id, p.id AS page_state_id, r.id AS rest_id,
    h.raw = g.header AND p.raw = g.page_state AND r.raw = g.rest AS same
FROM load_groups g
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 1) h ON h.h = hash(g.header)
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 3) p ON p.h = hash(g.page_state)
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 4) r ON r.h = hash(g.rest)
