-- The batch's records with the numbers of their texts.
-- `same`: the texts are the ones that their hashes stand for.
CREATE OR REPLACE TEMP VIEW load_matched AS
SELECT
    b.ord, b.layout, b.alloc_ts, b.free_ts, b.pfn, b.block,
    h.id AS header, p.id AS page_state, r.id AS rest,
    h.raw = b.text[1] AND p.raw = b.text[3] AND r.raw = b.text[4] AS same
FROM (
    SELECT
        *, hash(text[1]) AS header, hash(text[3]) AS page_state, hash(text[4]) AS rest
    FROM batch
) b
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 1) h ON h.h = b.header
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 3) p ON p.h = b.page_state
JOIN (SELECT id, h, raw FROM load_texts WHERE kind = 4) r ON r.h = b.rest
