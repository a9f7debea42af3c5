UPDATE dumps SET
    label = $label,
    captured_at = $captured_at,
    boot_id = $boot_id,
    tags = map_from_entries(list_zip($tag_keys::VARCHAR[], $tag_values::VARCHAR[]))
WHERE dump_id = $dump_id
