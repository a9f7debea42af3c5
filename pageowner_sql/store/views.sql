-- The views and macros that people query. Names are unqualified, so that other clients can use them.

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
COMMENT ON COLUMN allocations.by_module IS 'Module that allocated, where a vendor''s kernel says it in a line of its own.';
COMMENT ON COLUMN allocations.slab_name IS 'The slab cache that the page is for, where a vendor''s kernel says it.';
COMMENT ON COLUMN allocations.file_dev IS 'Device (major:minor) of the file that the page is of, where a vendor''s kernel says it.';
COMMENT ON COLUMN allocations.file_ino IS 'Inode number of that file.';
COMMENT ON COLUMN allocations.file_index IS 'Which page of that file it is, from 0.';
COMMENT ON COLUMN allocations.anon_address IS 'Address of the anonymous page in its process, where a vendor''s kernel says it.';
COMMENT ON COLUMN allocations.allocator IS 'CMA, SLAB, VMALLOC, spaces between, or OTHERS.';
COMMENT ON COLUMN allocations.truncated IS 'The dump ends within this record.';

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
