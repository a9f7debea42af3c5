INSERT INTO dumps
SELECT
    $dump_id, $label, $kind, $source, $sha256, $head_sha256, $bytes, $records, $rejected, $pages,
    $truncated_ord, r.newest, $captured_at, $loaded_at, $host, $kernel, $boot_id, $page_size,
    $page_size_given, map_from_entries(list_zip($tag_keys::VARCHAR[], $tag_values::VARCHAR[])),
    list_concat(h.fields, list_concat(p.fields, list_concat(t.fields, r.fields)))
FROM (
    SELECT list_filter([
        if(count(gfp) > 0, 'gfp', NULL), if(count(pid) > 0, 'pid', NULL),
        if(count(tgid) > 0, 'tgid', NULL), if(count(comm) > 0, 'comm', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM headers WHERE dump_id = $dump_id
) h, (
    SELECT list_filter([
        if(count(flags_mask) > 0, 'flags_mask', NULL), if(count(node) > 0, 'node', NULL),
        if(count(zone) > 0, 'zone', NULL), if(count(lastcpupid) > 0, 'lastcpupid', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM page_states WHERE dump_id = $dump_id
) p, (
    SELECT list_filter([
        if(bool_or(s.depth > 0), 'stack', NULL), if(count(x.handle) > 0, 'handle', NULL),
        if(count(x.memcg) > 0, 'memcg', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM rests x JOIN stacks s ON s.stack_id = x.stack_id WHERE x.dump_id = $dump_id
) t, (
    SELECT max(alloc_ts) AS newest, list_filter([
        if(count(alloc_ts) > 0, 'alloc_ts', NULL), if(count(free_ts) > 0, 'free_ts', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM records WHERE dump_id = $dump_id
) r
