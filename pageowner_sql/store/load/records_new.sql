-- A record is its numbers and the numbers of its texts; one with a text that is no good stays out.
INSERT INTO records
SELECT
    $dump_id, ord, $header_base + header, $layout_base + layout,
    alloc_ts, free_ts, pfn, block, $page_state_base + page_state, $rest_base + rest
FROM load_matched
WHERE same AND header IS NOT NULL AND page_state IS NOT NULL AND rest IS NOT NULL
