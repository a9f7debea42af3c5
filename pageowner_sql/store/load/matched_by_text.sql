-- As matched_by_hash.sql, for a dump with two texts of one hash: slower, and right with any.
CREATE OR REPLACE TEMP VIEW load_matched AS
SELECT
    b.ord, b.layout, b.alloc_ts, b.free_ts, b.pfn, b.block,
    h.id AS header, p.id AS page_state, r.id AS rest, true AS same
FROM batch b
JOIN (SELECT id, raw FROM load_texts WHERE kind = 1) h ON h.raw = b.text[1]
JOIN (SELECT id, raw FROM load_texts WHERE kind = 3) p ON p.raw = b.text[3]
JOIN (SELECT id, raw FROM load_texts WHERE kind = 4) r ON r.raw = b.text[4]
