-- A record is its numbers and the numbers of its texts; one with a text that is no good stays out.
INSERT INTO records
SELECT
    $dump_id, b.ord, $header_base + h.id, $layout_base + b.layout,
    b.alloc_ts, b.free_ts, b.pfn, b.block, $page_state_base + p.id, $rest_base + r.id
FROM (
    SELECT
        ord, layout, alloc_ts, free_ts, pfn, block,
        hash(text[1]) AS header, hash(text[3]) AS page_state, hash(text[4]) AS rest
    FROM batch
) b
LEFT JOIN (SELECT id, h, good FROM load_texts WHERE kind = 1) h ON h.h = b.header
LEFT JOIN (SELECT id, h, good FROM load_texts WHERE kind = 3) p ON p.h = b.page_state
LEFT JOIN (SELECT id, h FROM load_texts WHERE kind = 4) r ON r.h = b.rest
WHERE h.good AND p.good
