-- What a real machine holds, group by group.
CREATE TABLE base AS
SELECT
    g.* EXCLUDE (dump_id, day, records, pages, bytes),
    g.pages AS base_pages,
    s.owner,
    row_number() OVER (
        ORDER BY g.stack_key, g."order", g.comm, g.memcg, g.migratetype, g.allocator, g.node, g.zone, g.gfp
    )::VARCHAR AS number
FROM real_groups g
JOIN real_stacks s ON s.stack_key = g.stack_key
