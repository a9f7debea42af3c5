-- A record is its numbers and the numbers of its texts; one with a text that is no good stays out.
INSERT INTO records
SELECT
    $dump_id, b.ord, $header_base + m.header_id, $layout_base + b.layout,
    b.alloc_ts, b.free_ts, b.pfn, b.block,
    $page_state_base + m.page_state_id, $rest_base + m.rest_id
FROM batch b
JOIN (
    SELECT header_id, page_state_id, rest_id, unnest(ords) AS ord
    FROM load_matched
    WHERE same AND header_id IS NOT NULL AND page_state_id IS NOT NULL AND rest_id IS NOT NULL
) m ON m.ord = b.ord
