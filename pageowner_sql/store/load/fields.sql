-- The fields that a dump's format has, `$timed` those of its records that are timestamps.
SELECT list_concat(h.fields, list_concat(p.fields, list_concat(t.fields, list_concat(v.fields, $timed::VARCHAR[]))))
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
        if(count(x.memcg) > 0, 'memcg', NULL), if(count(x.by_module) > 0, 'by_module', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM rests x JOIN stacks s ON s.stack_id = x.stack_id WHERE x.dump_id = $dump_id
) t, (
    SELECT list_filter([
        if(count(slab_name) > 0, 'slab_name', NULL), if(count(file_ino) > 0, 'file_ino', NULL),
        if(count(anon_address) > 0, 'anon_address', NULL),
        if(count(coalesce(slab_name, file_dev, anon_address::VARCHAR)) > 0, 'page_use', NULL)
    ], lambda field: field IS NOT NULL) AS fields
    FROM layouts WHERE dump_id = $dump_id
) v
