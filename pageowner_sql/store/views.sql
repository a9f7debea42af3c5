-- The views and macros that people query. Names are unqualified, so that other clients can use them.

-- The bytes of an escaped name (comm, memcg). The cast to VARCHAR writes every backslash as \x5C.
CREATE OR REPLACE MACRO comm_bytes(name) AS
    replace(
        replace(replace(encode(name)::VARCHAR, '\x5C\x5C', chr(1)), '\x5Cx', '\x'),
        chr(1), '\x5C'
    )::BLOB;

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
    coalesce(nullif(concat_ws(' ',
        CASE WHEN l.migratetype = 'CMA' OR p.pageblock_migratetype = 'CMA' THEN 'CMA' END,
        CASE WHEN t.slab OR s.is_slab OR p.flags ~ '(^|.*\|)slab(\|.*|$)' THEN 'SLAB' END,
        CASE WHEN s.is_vmalloc THEN 'VMALLOC' END), ''), 'OTHERS') AS allocator,
    r.ord IS NOT DISTINCT FROM d.truncated_ord AS truncated
FROM records r
JOIN dumps d ON d.dump_id = r.dump_id
JOIN headers h ON h.header_id = r.header_id
JOIN layouts l ON l.layout_id = r.layout_id
JOIN page_states p ON p.page_state_id = r.page_state_id
JOIN rests t ON t.rest_id = r.rest_id
JOIN stacks s ON s.stack_id = t.stack_id;

CREATE OR REPLACE VIEW record_texts AS
SELECT
    r.dump_id,
    r.ord,
    h.raw || coalesce(encode(r.alloc_ts::VARCHAR), ''::BLOB) || l.after_ts
        || coalesce(encode(r.free_ts::VARCHAR), ''::BLOB) || l.after_free_ts
        || encode(CASE WHEN l.hex_pfn THEN printf('%x', r.pfn) ELSE r.pfn::VARCHAR END)
        || l.after_pfn || encode(r.pageblock::VARCHAR) || p.raw || t.raw AS raw
FROM records r
JOIN headers h ON h.header_id = r.header_id
JOIN layouts l ON l.layout_id = r.layout_id
JOIN page_states p ON p.page_state_id = r.page_state_id
JOIN rests t ON t.rest_id = r.rest_id;

CREATE OR REPLACE VIEW dump_texts AS
SELECT dump_id, ord, 0 AS piece, raw FROM record_texts
UNION ALL
SELECT dump_id, ord, piece, raw FROM rejects
UNION ALL
SELECT dump_id, ord, 0, raw FROM gaps;
