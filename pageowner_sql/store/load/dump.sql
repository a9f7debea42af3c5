INSERT INTO dumps
SELECT
    $dump_id, $label, $kind, $source, $sha256, $head_sha256, $bytes, $records, $rejected, $pages,
    $truncated_ord, $newest_alloc_ts, $captured_at, $loaded_at, $host, $kernel, $boot_id, $page_size,
    $page_size_given, map_from_entries(list_zip($tag_keys::VARCHAR[], $tag_values::VARCHAR[])),
    $fields::VARCHAR[], $repairs::VARCHAR[]
