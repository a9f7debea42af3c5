SELECT
    r.ord,
    contains(p.pageblock_migratetype, 'CMA') OR contains(coalesce(l.migratetype, ''), 'CMA')
        OR contains(p.flags, 'CMA') AS cma,
    contains(p.flags, 'slab') AS slab
FROM records r
JOIN page_states p ON p.page_state_id = r.page_state_id
JOIN layouts l ON l.layout_id = r.layout_id
WHERE r.dump_id = $dump_id AND r.ord IN $ords
