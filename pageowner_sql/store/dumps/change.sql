UPDATE dumps SET
    label = coalesce($label, label),
    host = nullif(coalesce($host, host), ''),
    kernel = nullif(coalesce($kernel, kernel), ''),
    captured_at = coalesce($captured_at, captured_at),
    boot_id = nullif(coalesce($boot_id, boot_id), ''),
    page_size = coalesce($page_size, page_size),
    page_size_given = page_size_given OR $page_size IS NOT NULL,
    tags = map_from_entries(list_zip($tag_keys::VARCHAR[], $tag_values::VARCHAR[]))
WHERE dump_id = $dump_id
