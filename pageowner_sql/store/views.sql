-- The views and macros that people query. Names are unqualified, so that other clients can use them.

-- The bytes of an escaped name (comm, memcg). The cast to VARCHAR writes every backslash as \x5C.
CREATE OR REPLACE MACRO comm_bytes(name) AS
    replace(
        replace(replace(encode(name)::VARCHAR, '\x5C\x5C', chr(1)), '\x5Cx', '\x'),
        chr(1), '\x5C'
    )::BLOB;

-- Which allocators a page went through; page_owner_sort's names, spaces between.
CREATE OR REPLACE MACRO allocator_of(migratetype, pageblock_migratetype, flags, slab, vmalloc) AS
    coalesce(nullif(concat_ws(' ',
        CASE WHEN migratetype = 'CMA' OR pageblock_migratetype = 'CMA' THEN 'CMA' END,
        CASE WHEN slab OR flags ~ '(^|.*\|)slab(\|.*|$)' THEN 'SLAB' END,
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
    allocator_of(
        l.migratetype, p.pageblock_migratetype, p.flags, t.slab OR s.is_slab, s.is_vmalloc
    ) AS allocator,
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

-- Control characters of a name as \xNN, so that it cannot forge lines or move a cursor.
CREATE OR REPLACE MACRO visible(name) AS
    CASE WHEN regexp_matches(name, '[\x00-\x1f\x7f]')
        THEN array_to_string(list_transform(string_split(name, ''),
            lambda c: CASE WHEN c < ' ' OR c = chr(127)
                THEN '\x' || lower(hex(encode(c))) ELSE c END), '')
        ELSE name
    END;

CREATE OR REPLACE MACRO header_end(raw) AS
    CASE WHEN raw[-6:] = '), ts '::BLOB THEN '), ts '::BLOB
        WHEN raw[-11:] = '), free_ts '::BLOB THEN '), free_ts '::BLOB
        ELSE ')'::BLOB
    END;

-- A header's text with its process name made visible; the name stands before a known end.
CREATE OR REPLACE MACRO header_text(raw, comm) AS
    CASE WHEN comm IS NULL OR NOT regexp_matches(comm, '[\x00-\x1f\x7f\\]')
        THEN raw
        ELSE raw[1:octet_length(raw) - octet_length(comm_bytes(comm)) - octet_length(header_end(raw))]
            || encode(visible(comm)) || header_end(raw)
    END;

-- What a report prints below a record's first line: its stack, or the handle that stands for it.
CREATE OR REPLACE MACRO stack_body(stack, handle) AS
    CASE WHEN stack <> '' THEN encode(' ' || replace(stack, chr(10), chr(10) || ' ') || chr(10))
        WHEN handle IS NOT NULL THEN encode('handle: ' || handle || chr(10))
        ELSE ''::BLOB
    END;

-- The lines below the PFN line, each ended, without the record's empty line.
CREATE OR REPLACE MACRO whole_body(raw) AS
    CASE WHEN raw = '\x0A'::BLOB THEN ''::BLOB
        WHEN raw[-2:] = '\x0A\x0A'::BLOB THEN raw[1:octet_length(raw) - 1]
        WHEN octet_length(raw) = 0 OR raw[-1:] = '\x0A'::BLOB THEN raw
        ELSE raw || '\x0A'::BLOB
    END;
