-- The views and macros that people query. Names are unqualified, so that other clients can use them.

CREATE OR REPLACE MACRO is_slab_page(flags) AS flags ~ '(^|.*\|)slab(\|.*|$)';

-- Which allocators a page went through; page_owner_sort's names, spaces between.
CREATE OR REPLACE MACRO allocator_of(migratetype, pageblock_migratetype, flags, slab, vmalloc) AS
    coalesce(nullif(concat_ws(' ',
        CASE WHEN migratetype = 'CMA' OR pageblock_migratetype = 'CMA' THEN 'CMA' END,
        CASE WHEN slab OR is_slab_page(flags) THEN 'SLAB' END,
        CASE WHEN vmalloc THEN 'VMALLOC' END), ''), 'OTHERS');

CREATE OR REPLACE VIEW allocations AS
SELECT
    d.label AS dump,
    r.dump_id,
    r.ord,
    r.pfn,
    h."order",
    1::BIGINT << h."order" AS pages,
    (1::BIGINT << h."order") * d.page_size AS bytes,
    h.gfp_mask,
    h.gfp,
    h.pid,
    h.tgid,
    h.comm,
    r.alloc_ts,
    r.free_ts,
    l.migratetype,
    r.pageblock,
    p.pageblock_migratetype,
    p.flags_mask,
    p.flags,
    p.node,
    p.zone,
    t.stack_id,
    t.handle,
    t.migrate_reason,
    t.memcg,
    t.memcg_offline,
    t.memcg_objcg,
    t.extra,
    t.by_module,
    l.slab_name,
    l.file_dev,
    l.file_ino,
    l.file_index,
    l.anon_address,
    allocator_of(
        l.migratetype, p.pageblock_migratetype, p.flags, t.slab OR s.is_slab, s.is_vmalloc
    ) AS allocator,
    r.ord IS NOT DISTINCT FROM d.truncated_ord AS truncated
FROM records r
JOIN dumps d ON d.dump_id = r.dump_id
JOIN headers h ON h.header_id = r.header_id
JOIN layouts l ON l.layout_id = r.layout_id
JOIN page_states p ON p.page_state_id = r.page_state_id
JOIN known_rests t ON t.rest_id = r.rest_id
JOIN stacks s ON s.stack_id = t.stack_id;

CREATE OR REPLACE VIEW dump_texts AS
SELECT dump_id, ord, 0 AS piece, raw FROM record_texts
UNION ALL
SELECT dump_id, ord, piece, raw FROM rejects
WHERE dump_id NOT IN (SELECT dump_id FROM file_pieces)
UNION ALL
SELECT dump_id, (byte_offset >> 20)::INTEGER, (byte_offset & 1048575)::INTEGER, raw FROM file_pieces
UNION ALL
SELECT dump_id, ord, 0, raw FROM gaps;
