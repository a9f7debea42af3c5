INSERT INTO alike
SELECT
    $dump_id, $header_base + header_id, $page_state_base + page_state_id, $rest_base + rest_id,
    $layout_base + layout, ord, alloc_ts, free_ts, times
FROM load_matched
WHERE same AND header_id IS NOT NULL AND page_state_id IS NOT NULL AND rest_id IS NOT NULL
