-- Short names for what people ask most. Stored in the file, so that any DuckDB client has them.

CREATE OR REPLACE VIEW stack_modules AS
SELECT stack_id, arg_min(module, pos) AS module
FROM frames
WHERE module IS NOT NULL
GROUP BY stack_id;
COMMENT ON VIEW stack_modules IS 'The module of a stack: that of the innermost frame that is in one. Stacks of the kernel alone are not here.';
COMMENT ON COLUMN stack_modules.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_modules.module IS 'Name of the module.';

CREATE OR REPLACE VIEW live_allocations AS
SELECT
    a.*,
    s.text AS stack,
    s.function_stack,
    o.owner,
    o.owner_module,
    o.subsystem,
    coalesce(m.module, 'vmlinux') AS module
FROM allocations a
JOIN stacks s ON s.stack_id = a.stack_id
LEFT JOIN stack_owners o ON o.stack_id = a.stack_id
LEFT JOIN stack_modules m ON m.stack_id = a.stack_id;
COMMENT ON VIEW live_allocations IS 'One row an allocation that was live when the dump was taken: view allocations, and whose it is.';
COMMENT ON COLUMN live_allocations.dump IS 'Label of the dump.';
COMMENT ON COLUMN live_allocations.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN live_allocations.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN live_allocations.pfn IS 'Page frame number of the first page.';
COMMENT ON COLUMN live_allocations."order" IS 'The allocation has 1 << order base pages.';
COMMENT ON COLUMN live_allocations.pages IS 'Base pages.';
COMMENT ON COLUMN live_allocations.bytes IS 'Size in bytes: pages * dumps.page_size.';
COMMENT ON COLUMN live_allocations.gfp_mask IS 'The allocation''s gfp flags as bits.';
COMMENT ON COLUMN live_allocations.gfp IS 'The gfp flags by name, as printed.';
COMMENT ON COLUMN live_allocations.pid IS 'Thread that allocated.';
COMMENT ON COLUMN live_allocations.tgid IS 'Its process.';
COMMENT ON COLUMN live_allocations.comm IS 'The thread''s name, escaped: bytes that are not UTF-8 as \xNN, a backslash as \\.';
COMMENT ON COLUMN live_allocations.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN live_allocations.free_ts IS 'When the page was last freed before, ns since boot.';
COMMENT ON COLUMN live_allocations.migratetype IS 'The page''s own migratetype, from its gfp mask.';
COMMENT ON COLUMN live_allocations.pageblock IS 'Number of the pageblock.';
COMMENT ON COLUMN live_allocations.pageblock_migratetype IS 'Migratetype of that pageblock.';
COMMENT ON COLUMN live_allocations.flags_mask IS 'The page''s flags as bits.';
COMMENT ON COLUMN live_allocations.flags IS 'The page''s flags by name.';
COMMENT ON COLUMN live_allocations.node IS 'NUMA node.';
COMMENT ON COLUMN live_allocations.zone IS 'Zone number within the node.';
COMMENT ON COLUMN live_allocations.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN live_allocations.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN live_allocations.migrate_reason IS 'Why the page was last migrated; NULL where it was not.';
COMMENT ON COLUMN live_allocations.memcg IS 'Name of the memory cgroup charged, escaped as comm is.';
COMMENT ON COLUMN live_allocations.memcg_offline IS 'That cgroup was deleted and still holds the page.';
COMMENT ON COLUMN live_allocations.memcg_objcg IS 'Charged through an object cgroup (kernel memory).';
COMMENT ON COLUMN live_allocations.extra IS 'Lines of a kind not known here, escaped.';
COMMENT ON COLUMN live_allocations.by_module IS 'Module that allocated, where a vendor''s kernel says it in a line of its own.';
COMMENT ON COLUMN live_allocations.slab_name IS 'The slab cache that the page is for, where a vendor''s kernel says it.';
COMMENT ON COLUMN live_allocations.file_dev IS 'Device (major:minor) of the file that the page is of, where a vendor''s kernel says it.';
COMMENT ON COLUMN live_allocations.file_ino IS 'Inode number of that file.';
COMMENT ON COLUMN live_allocations.file_index IS 'Which page of that file it is, from 0.';
COMMENT ON COLUMN live_allocations.anon_address IS 'Address of the anonymous page in its process, where a vendor''s kernel says it.';
COMMENT ON COLUMN live_allocations.allocator IS 'CMA, SLAB, VMALLOC, spaces between, or OTHERS.';
COMMENT ON COLUMN live_allocations.truncated IS 'The dump ends within this record.';
COMMENT ON COLUMN live_allocations.stack IS 'The frames as printed, innermost first, a line each.';
COMMENT ON COLUMN live_allocations.function_stack IS 'The frames'' functions as the source calls them, a line each.';
COMMENT ON COLUMN live_allocations.owner IS 'The function that the memory is for.';
COMMENT ON COLUMN live_allocations.owner_module IS 'The owner''s module; NULL for the kernel itself.';
COMMENT ON COLUMN live_allocations.subsystem IS 'The owner''s part of the kernel.';
COMMENT ON COLUMN live_allocations.module IS 'Module of the innermost frame that is in one, else vmlinux.';

CREATE OR REPLACE VIEW gfp_flags AS
SELECT header_id, dump_id, gfp_mask, unnest(string_split(gfp, '|')) AS flag
FROM headers
WHERE gfp <> '';
COMMENT ON VIEW gfp_flags IS 'The gfp flags of headers, one row a flag.';
COMMENT ON COLUMN gfp_flags.header_id IS 'Joins records.header_id.';
COMMENT ON COLUMN gfp_flags.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN gfp_flags.gfp_mask IS 'All gfp flags of the header as bits.';
COMMENT ON COLUMN gfp_flags.flag IS 'One of them by name. GFP_KERNEL and its like stand for several bits.';

CREATE OR REPLACE VIEW page_flags AS
SELECT page_state_id, dump_id, flags_mask, unnest(string_split(flags, '|')) AS flag
FROM page_states
WHERE flags <> '';
COMMENT ON VIEW page_flags IS 'The flags of pages, one row a flag.';
COMMENT ON COLUMN page_flags.page_state_id IS 'Joins records.page_state_id.';
COMMENT ON COLUMN page_flags.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN page_flags.flags_mask IS 'All flags of the page as bits.';
COMMENT ON COLUMN page_flags.flag IS 'One of them by name.';

CREATE OR REPLACE MACRO human_bytes(n) AS format_bytes(n);
COMMENT ON MACRO human_bytes IS 'A number of bytes with a binary unit, for reading: 1536 is 1.5 KiB.';

CREATE OR REPLACE MACRO stack_text(stack) AS (SELECT text FROM stacks WHERE stack_id = stack);
COMMENT ON MACRO stack_text IS 'The frames of a stack number, innermost first, a line each.';

CREATE OR REPLACE MACRO dump(wanted) AS TABLE SELECT * FROM live_allocations WHERE dump = wanted;
COMMENT ON MACRO TABLE dump IS 'The allocations of the dump with that label: FROM dump(''t0'').';

CREATE OR REPLACE VIEW early_stacks AS
SELECT DISTINCT stack_id
FROM frames
WHERE base_function IN ('register_early_stack', 'init_early_allocated_pages', 'init_pages_in_zone')
    -- 3.19 to 4.x, where the others are inlined.
    OR (base_function = 'page_ext_init' AND pos = 0);
COMMENT ON VIEW early_stacks IS 'The made-up stacks of pages that were taken before page_owner started: nobody knows by whom or when.';
COMMENT ON COLUMN early_stacks.stack_id IS 'Joins stacks.stack_id.';

CREATE OR REPLACE VIEW identities AS
SELECT
    r.dump_id,
    r.ord,
    r.alloc_ts,
    h.pid,
    h.tgid,
    t.stack_id,
    h."order",
    1::BIGINT << h."order" AS pages
FROM records r
JOIN headers h ON h.header_id = r.header_id
JOIN known_rests t ON t.rest_id = r.rest_id
ANTI JOIN early_stacks e ON e.stack_id = t.stack_id
WHERE r.alloc_ts > 0;
COMMENT ON VIEW identities IS 'What an allocation is known by in all dumps of its boot, wherever its page has moved. Not unique: count it as a multiset. Pages of early boot and those without a time have none and are not here.';
COMMENT ON COLUMN identities.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN identities.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN identities.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN identities.pid IS 'Thread that allocated.';
COMMENT ON COLUMN identities.tgid IS 'Its process; NULL where the format has none.';
COMMENT ON COLUMN identities.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN identities."order" IS 'The allocation has 1 << order base pages.';
COMMENT ON COLUMN identities.pages IS 'Base pages.';
