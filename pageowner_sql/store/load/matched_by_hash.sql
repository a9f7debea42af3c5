-- The batch's records with the numbers of their texts, and whether all of them are good.
CREATE OR REPLACE TEMP VIEW load_matched AS
SELECT
    b.ord, b.layout, b.alloc_ts, b.free_ts, b.pfn, b.block,
    h.id AS header, p.id AS page_state, r.id AS rest,
    h.good AS good_header, p.good AS good_page_state, h.good AND p.good AND r.good AS good
FROM (
    SELECT
        ord, layout, alloc_ts, free_ts, pfn, block,
        hash(text[1]) AS header, hash(text[3]) AS page_state, hash(text[4]) AS rest
    FROM batch
) b
LEFT JOIN (SELECT id, h, good FROM load_texts WHERE kind = 1) h ON h.h = b.header
LEFT JOIN (SELECT id, h, good FROM load_texts WHERE kind = 3) p ON p.h = b.page_state
LEFT JOIN (SELECT id, h, good FROM load_texts WHERE kind = 4) r ON r.h = b.rest
