-- What page_owner_sort sees in the PFN lines of these records, each up to a NUL.
SELECT ord, contains(pfn_line, 'CMA') AS cma, contains(pfn_line, 'slab') AS slab
FROM (
    SELECT
        r.ord,
        split_part(
            concat_ws(' ', l.migratetype, p.pageblock_migratetype, p.flags), chr(0), 1
        ) AS pfn_line
    FROM records r
    JOIN page_states p ON p.page_state_id = r.page_state_id
    JOIN layouts l ON l.layout_id = r.layout_id
    WHERE r.dump_id = $dump_id AND r.ord IN $ords
)
