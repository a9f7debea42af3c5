UPDATE dumps SET
    label = $label,
    tags = map_from_entries(list_zip($tag_keys::VARCHAR[], $tag_values::VARCHAR[]))
WHERE dump_id = $dump_id
