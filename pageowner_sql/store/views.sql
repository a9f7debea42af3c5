-- The views and macros that people query. Names are unqualified, so that other clients can use them.

-- The bytes of an escaped name (comm, memcg). The cast to VARCHAR writes every backslash as \x5C.
CREATE OR REPLACE MACRO comm_bytes(name) AS
    replace(
        replace(replace(encode(name)::VARCHAR, '\x5C\x5C', chr(1)), '\x5Cx', '\x'),
        chr(1), '\x5C'
    )::BLOB;
COMMENT ON MACRO comm_bytes IS 'The bytes of an escaped name (comm, memcg).';

-- Which allocators a page went through; page_owner_sort's names, spaces between.
CREATE OR REPLACE MACRO allocator_of(migratetype, pageblock_migratetype, flags, slab, vmalloc) AS
    coalesce(nullif(concat_ws(' ',
        CASE WHEN migratetype = 'CMA' OR pageblock_migratetype = 'CMA' THEN 'CMA' END,
        CASE WHEN slab OR flags ~ '(^|.*\|)slab(\|.*|$)' THEN 'SLAB' END,
        CASE WHEN vmalloc THEN 'VMALLOC' END), ''), 'OTHERS');
COMMENT ON MACRO allocator_of IS 'Which allocators a page went through: CMA, SLAB, VMALLOC, spaces between, or OTHERS.';

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
JOIN known_rests t ON t.rest_id = r.rest_id
JOIN stacks s ON s.stack_id = t.stack_id;
COMMENT ON VIEW allocations IS 'One row a record of a dump, its texts joined: an allocation that was live when the dump was taken.';
COMMENT ON COLUMN allocations.dump IS 'Label of the dump.';
COMMENT ON COLUMN allocations.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN allocations.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN allocations.pfn IS 'Page frame number of the first page.';
COMMENT ON COLUMN allocations."order" IS 'The allocation has 1 << order base pages.';
COMMENT ON COLUMN allocations.pages IS 'Base pages.';
COMMENT ON COLUMN allocations.bytes IS 'Size in bytes: pages * dumps.page_size.';
COMMENT ON COLUMN allocations.gfp_mask IS 'The allocation''s gfp flags as bits.';
COMMENT ON COLUMN allocations.gfp IS 'The gfp flags by name, as printed.';
COMMENT ON COLUMN allocations.pid IS 'Thread that allocated.';
COMMENT ON COLUMN allocations.tgid IS 'Its process.';
COMMENT ON COLUMN allocations.comm IS 'The thread''s name, escaped: bytes that are not UTF-8 as \xNN, a backslash as \\.';
COMMENT ON COLUMN allocations.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN allocations.free_ts IS 'When the page was last freed before, ns since boot.';
COMMENT ON COLUMN allocations.migratetype IS 'The page''s own migratetype, from its gfp mask.';
COMMENT ON COLUMN allocations.pageblock IS 'Number of the pageblock.';
COMMENT ON COLUMN allocations.pageblock_migratetype IS 'Migratetype of that pageblock.';
COMMENT ON COLUMN allocations.flags_mask IS 'The page''s flags as bits.';
COMMENT ON COLUMN allocations.flags IS 'The page''s flags by name.';
COMMENT ON COLUMN allocations.node IS 'NUMA node.';
COMMENT ON COLUMN allocations.zone IS 'Zone number within the node.';
COMMENT ON COLUMN allocations.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN allocations.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN allocations.migrate_reason IS 'Why the page was last migrated; NULL where it was not.';
COMMENT ON COLUMN allocations.memcg IS 'Name of the memory cgroup charged, escaped as comm is.';
COMMENT ON COLUMN allocations.memcg_offline IS 'That cgroup was deleted and still holds the page.';
COMMENT ON COLUMN allocations.memcg_objcg IS 'Charged through an object cgroup (kernel memory).';
COMMENT ON COLUMN allocations.extra IS 'Lines of a kind not known here, escaped.';
COMMENT ON COLUMN allocations.allocator IS 'CMA, SLAB, VMALLOC, spaces between, or OTHERS.';
COMMENT ON COLUMN allocations.truncated IS 'The dump ends within this record.';

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
COMMENT ON VIEW record_texts IS 'The text of each record, byte for byte as it was loaded.';
COMMENT ON COLUMN record_texts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN record_texts.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN record_texts.raw IS 'The bytes, the empty line behind the record included.';

CREATE OR REPLACE VIEW dump_texts AS
SELECT dump_id, ord, 0 AS piece, raw FROM record_texts
UNION ALL
SELECT dump_id, ord, piece, raw FROM rejects
WHERE dump_id NOT IN (SELECT dump_id FROM file_pieces)
UNION ALL
SELECT dump_id, (byte_offset >> 20)::INTEGER, (byte_offset & 1048575)::INTEGER, raw FROM file_pieces
UNION ALL
SELECT dump_id, ord, 0, raw FROM gaps;
COMMENT ON VIEW dump_texts IS 'All of a dump: ordered by ord and piece, raw put together is what was loaded.';
COMMENT ON COLUMN dump_texts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN dump_texts.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN dump_texts.piece IS 'Number of the piece of a reject, from 0; a record is one piece.';
COMMENT ON COLUMN dump_texts.raw IS 'The bytes.';

-- What a terminal acts on, or what hides and reorders text.
CREATE OR REPLACE MACRO has_unsafe(name) AS regexp_matches(name,
    '[\x00-\x1f\x7f-\x{9f}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]');
COMMENT ON MACRO has_unsafe IS 'Whether a text holds a character that a terminal acts on, or that hides or reorders text.';

-- Such characters of a name as \xNN, so that it cannot forge lines or move a cursor.
CREATE OR REPLACE MACRO visible(name) AS
    CASE WHEN has_unsafe(name)
        THEN array_to_string(list_transform(string_split(name, ''),
            lambda c: CASE WHEN has_unsafe(c)
                THEN regexp_replace(lower(hex(encode(c))), '(..)', '\\x\1', 'g') ELSE c END), '')
        ELSE name
    END;
COMMENT ON MACRO visible IS 'A name whose control characters are written as \xNN, so that it cannot forge lines or move a cursor.';

CREATE OR REPLACE MACRO header_end(raw) AS
    CASE WHEN raw[-6:] = '), ts '::BLOB THEN '), ts '::BLOB
        WHEN raw[-11:] = '), free_ts '::BLOB THEN '), free_ts '::BLOB
        ELSE ')'::BLOB
    END;
COMMENT ON MACRO header_end IS 'How a header''s text ends behind the process name.';

-- A header's text with its process name made visible; the name stands before a known end.
CREATE OR REPLACE MACRO header_text(raw, comm) AS
    CASE WHEN comm IS NULL OR NOT (contains(comm, '\') OR has_unsafe(comm))
        THEN raw
        ELSE raw[1:octet_length(raw) - octet_length(comm_bytes(comm)) - octet_length(header_end(raw))]
            || encode(visible(comm)) || header_end(raw)
    END;
COMMENT ON MACRO header_text IS 'A header''s text with its process name made visible.';

-- What a report prints below a record's first line: its stack, or the handle that stands for it.
CREATE OR REPLACE MACRO stack_body(stack, handle) AS
    CASE WHEN stack <> '' AND stack IS DISTINCT FROM 'handle ' || handle || ' (stack not known)'
        THEN encode(' ' || replace(stack, chr(10), chr(10) || ' ') || chr(10))
        WHEN handle IS NOT NULL THEN encode('handle: ' || handle || chr(10))
        ELSE ''::BLOB
    END;
COMMENT ON MACRO stack_body IS 'What a report prints for a stack: its frames, or the handle that stands for it.';

-- Bytes as text, as names are kept: what is not UTF-8 as \xNN, a backslash as two.
CREATE OR REPLACE MACRO escaped(raw) AS
    coalesce(
        replace(try(decode(raw)), '\', '\\'),
        replace(replace(array_to_string(list_transform(string_split(raw::VARCHAR, '\x'),
            lambda part, n: CASE WHEN n = 1 THEN part ELSE lower(part[1:2]) || part[3:] END),
            '\x'), '\x5c', '\\'), '\x0a', chr(10))
    );
COMMENT ON MACRO escaped IS 'Bytes as text: what is not UTF-8 as \xNN, a backslash as two.';

-- The lines below the PFN line, each ended, without the record's empty line.
CREATE OR REPLACE MACRO ended_body(raw) AS
    CASE WHEN raw = '\x0A'::BLOB THEN ''::BLOB
        WHEN raw[-2:] = '\x0A\x0A'::BLOB THEN raw[1:octet_length(raw) - 1]
        WHEN octet_length(raw) = 0 OR raw[-1:] = '\x0A'::BLOB THEN raw
        ELSE raw || '\x0A'::BLOB
    END;
COMMENT ON MACRO ended_body IS 'The lines below the PFN line, each ended, without the record''s empty line.';

-- Those lines, made visible: a memory cgroup's name is among them.
CREATE OR REPLACE MACRO whole_body(raw) AS
    CASE WHEN contains(replace(raw::VARCHAR, '\x0A', ''), '\x')
        THEN encode(array_to_string(list_transform(
            string_split(escaped(ended_body(raw)), chr(10)), lambda line: visible(line)), chr(10)))
        ELSE ended_body(raw)
    END;
COMMENT ON MACRO whole_body IS 'What a report prints below a record''s first line, made visible.';
