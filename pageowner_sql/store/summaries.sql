-- Files that hold sums where a dump has records, all as one relation: who holds how much.

CREATE OR REPLACE VIEW summaries AS
SELECT
    d.label AS dump,
    c.dump_id,
    c.ord,
    coalesce(k.stack_id, c.stack_id) AS stack_id,
    c.handle,
    NULL::INTEGER AS pid,
    NULL::INTEGER AS tgid,
    NULL::VARCHAR AS comm,
    NULL::VARCHAR AS memcg,
    NULL::VARCHAR AS allocator,
    NULL::VARCHAR AS migratetype,
    NULL::TINYINT AS "order",
    NULL::BIGINT AS alloc_ts,
    c.allocations AS records,
    c.base_pages AS pages
FROM stack_counts c
JOIN dumps d ON d.dump_id = c.dump_id
LEFT JOIN known_handles k ON k.dump_id = c.dump_id AND k.handle = c.handle
UNION ALL BY NAME
SELECT
    d.label AS dump, s.dump_id, s.ord, s.stack_id, s.handle, s.pid, s.tgid, s.comm, s.memcg,
    s.allocator, s."order", s.times AS records, s.pages
FROM sorted_rows s
JOIN dumps d ON d.dump_id = s.dump_id
UNION ALL BY NAME
SELECT
    d.label AS dump, r.dump_id, r.ord, r.stack_id, r.pid, r.tgid, r.comm, r.migratetype, r."order",
    r.alloc_ts, 1 AS records,
    CASE WHEN r.allocated IS false THEN 0 ELSE 1::BIGINT << r."order" END AS pages
FROM page_reports r
JOIN dumps d ON d.dump_id = r.dump_id;
COMMENT ON VIEW summaries IS 'One row a sum: of show_stacks and its like a stack or handle, of page_owner_sort''s output a row, of a kernel log a page. What a kind does not tell is NULL.';
COMMENT ON COLUMN summaries.dump IS 'Label of the dump.';
COMMENT ON COLUMN summaries.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN summaries.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN summaries.stack_id IS 'Joins stacks.stack_id; of a handle alone the stack that another dump of the boot shows, else one that says so.';
COMMENT ON COLUMN summaries.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN summaries.pid IS 'Thread that allocated.';
COMMENT ON COLUMN summaries.tgid IS 'Its process.';
COMMENT ON COLUMN summaries.comm IS 'Its name, escaped: bytes that are not UTF-8 as \xNN, a backslash as \\.';
COMMENT ON COLUMN summaries.memcg IS 'Name of the memory cgroup charged, escaped as comm is.';
COMMENT ON COLUMN summaries.allocator IS 'CMA, SLAB, VMALLOC, OTHERS, spaces between.';
COMMENT ON COLUMN summaries.migratetype IS 'The page''s own migratetype.';
COMMENT ON COLUMN summaries."order" IS 'Each allocation has 1 << order base pages.';
COMMENT ON COLUMN summaries.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN summaries.records IS 'Allocations; NULL where the file counts pages alone.';
COMMENT ON COLUMN summaries.pages IS 'Base pages held; NULL where the file counts allocations alone, 0 for a page that was free when it was reported.';
