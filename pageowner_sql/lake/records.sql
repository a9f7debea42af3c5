-- Every record of a dump, for a lake that keeps them.
SELECT
    $dump_id AS dump_id,
    $day AS day,
    k.stack_key,
    a.comm,
    a.memcg,
    a."order"::INTEGER AS "order",
    a.migratetype,
    a.allocator,
    a.node,
    a.zone,
    a.gfp,
    a.ord,
    a.pfn,
    a.pages,
    a.bytes,
    a.pid,
    a.tgid,
    a.alloc_ts,
    a.free_ts,
    a.pageblock_migratetype,
    a.flags,
    a.migrate_reason
FROM allocations a
JOIN stack_keys k ON k.stack_id = a.stack_id
WHERE a.dump_id = $dump
ORDER BY a.ord
