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
