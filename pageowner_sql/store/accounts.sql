-- What lies beside page_owner's own text: the kernel's other accounts of memory, and summaries of page_owner.

CREATE TABLE account_files (
    dump_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    PRIMARY KEY (dump_id, kind)
);
COMMENT ON TABLE account_files IS 'One row a file that was loaded to a dump: meminfo, allocinfo, slabinfo, buddyinfo, pagetypeinfo, vmallocinfo, zoneinfo.';
COMMENT ON COLUMN account_files.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN account_files.kind IS 'What it is, by the name of its file under /proc.';
COMMENT ON COLUMN account_files.source IS 'Path it was read from, as given.';
COMMENT ON COLUMN account_files.sha256 IS 'SHA-256 of the decompressed bytes.';
COMMENT ON COLUMN account_files.bytes IS 'Decompressed size in bytes.';
COMMENT ON COLUMN account_files.rejected IS 'Lines that could not be parsed; they are in account_rejects.';

CREATE TABLE account_rejects (
    dump_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    byte_offset BIGINT NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    raw BLOB NOT NULL
);
COMMENT ON TABLE account_rejects IS 'Lines of account_files that could not be parsed, in pieces of at most 1 MiB.';
COMMENT ON COLUMN account_rejects.dump_id IS 'Joins account_files.dump_id.';
COMMENT ON COLUMN account_rejects.kind IS 'Joins account_files.kind.';
COMMENT ON COLUMN account_rejects.byte_offset IS 'Where the piece begins in the decompressed file, bytes.';
COMMENT ON COLUMN account_rejects.line IS 'Line in which the piece begins, from 1.';
COMMENT ON COLUMN account_rejects.reason IS 'Why it is no row.';
COMMENT ON COLUMN account_rejects.raw IS 'The bytes.';

CREATE TABLE meminfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    node INTEGER,
    field VARCHAR NOT NULL,
    bytes BIGINT,
    count BIGINT
);
COMMENT ON TABLE meminfo IS 'Source: /proc/meminfo (or a node''s meminfo under /sys). One row a field.';
COMMENT ON COLUMN meminfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN meminfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN meminfo.node IS 'NUMA node; NULL for the whole machine.';
COMMENT ON COLUMN meminfo.field IS 'Name of the field: MemTotal, MemFree, SUnreclaim, ….';
COMMENT ON COLUMN meminfo.bytes IS 'The amount in bytes (printed in units of 1024); NULL for a count.';
COMMENT ON COLUMN meminfo.count IS 'A number of huge pages, for the HugePages_ fields; else NULL.';

CREATE TABLE allocinfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    file VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    module VARCHAR,
    function VARCHAR NOT NULL,
    accurate BOOLEAN NOT NULL
);
COMMENT ON TABLE allocinfo IS 'Source: /proc/allocinfo (Linux 6.10 and later, CONFIG_MEM_ALLOC_PROFILING). One row a line of code that allocates.';
COMMENT ON COLUMN allocinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN allocinfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN allocinfo.bytes IS 'Memory held that was allocated there, bytes.';
COMMENT ON COLUMN allocinfo.calls IS 'Allocations held that were made there.';
COMMENT ON COLUMN allocinfo.file IS 'Source file.';
COMMENT ON COLUMN allocinfo.line IS 'Line of the source file.';
COMMENT ON COLUMN allocinfo.module IS 'Module of the code; NULL for the kernel itself.';
COMMENT ON COLUMN allocinfo.function IS 'Function that holds the line.';
COMMENT ON COLUMN allocinfo.accurate IS 'False where the kernel says that it lost count (accurate:no).';

CREATE TABLE slabinfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    cache VARCHAR NOT NULL,
    active_objects BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    object_bytes BIGINT NOT NULL,
    objects_per_slab BIGINT NOT NULL,
    pages_per_slab BIGINT NOT NULL,
    active_slabs BIGINT NOT NULL,
    slabs BIGINT NOT NULL
);
COMMENT ON TABLE slabinfo IS 'Source: /proc/slabinfo, version 2.1. One row a slab cache, which holds slabs * pages_per_slab base pages.';
COMMENT ON COLUMN slabinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN slabinfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN slabinfo.cache IS 'Name of the cache, escaped as comm is.';
COMMENT ON COLUMN slabinfo.active_objects IS 'Objects in use.';
COMMENT ON COLUMN slabinfo.objects IS 'Objects there is room for.';
COMMENT ON COLUMN slabinfo.object_bytes IS 'Size of an object with its padding, bytes.';
COMMENT ON COLUMN slabinfo.objects_per_slab IS 'Objects in one slab.';
COMMENT ON COLUMN slabinfo.pages_per_slab IS 'Base pages in one slab.';
COMMENT ON COLUMN slabinfo.active_slabs IS 'Slabs with objects in use.';
COMMENT ON COLUMN slabinfo.slabs IS 'Slabs.';

CREATE TABLE buddyinfo (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    "order" TINYINT NOT NULL,
    free_blocks BIGINT NOT NULL
);
COMMENT ON TABLE buddyinfo IS 'Source: /proc/buddyinfo. One row a zone and order.';
COMMENT ON COLUMN buddyinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN buddyinfo.node IS 'NUMA node.';
COMMENT ON COLUMN buddyinfo.zone IS 'Name of the zone: DMA, DMA32, Normal, Movable, ….';
COMMENT ON COLUMN buddyinfo."order" IS 'The blocks counted have 1 << order base pages.';
COMMENT ON COLUMN buddyinfo.free_blocks IS 'Free blocks of exactly this order.';

CREATE TABLE pagetype_free (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    migratetype VARCHAR NOT NULL,
    "order" TINYINT NOT NULL,
    free_blocks BIGINT NOT NULL,
    capped BOOLEAN NOT NULL
);
COMMENT ON TABLE pagetype_free IS 'Source: /proc/pagetypeinfo, «Free pages count per migrate type». One row a zone, type and order.';
COMMENT ON COLUMN pagetype_free.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN pagetype_free.node IS 'NUMA node.';
COMMENT ON COLUMN pagetype_free.zone IS 'Name of the zone.';
COMMENT ON COLUMN pagetype_free.migratetype IS 'Type of the free list.';
COMMENT ON COLUMN pagetype_free."order" IS 'The blocks counted have 1 << order base pages.';
COMMENT ON COLUMN pagetype_free.free_blocks IS 'Free blocks on that list.';
COMMENT ON COLUMN pagetype_free.capped IS 'The kernel stopped counting there: free_blocks is a least number.';

CREATE TABLE pagetype_blocks (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    migratetype VARCHAR NOT NULL,
    mixed BOOLEAN NOT NULL,
    blocks BIGINT NOT NULL,
    pageblock_order TINYINT
);
COMMENT ON TABLE pagetype_blocks IS 'Source: /proc/pagetypeinfo, «Number of blocks type» and «Number of mixed blocks». One row a zone, type and table.';
COMMENT ON COLUMN pagetype_blocks.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN pagetype_blocks.node IS 'NUMA node.';
COMMENT ON COLUMN pagetype_blocks.zone IS 'Name of the zone.';
COMMENT ON COLUMN pagetype_blocks.migratetype IS 'Type of the pageblocks; among mixed ones those of CMA are counted as Movable.';
COMMENT ON COLUMN pagetype_blocks.mixed IS 'False: all pageblocks of the type. True: those that hold pages of another type.';
COMMENT ON COLUMN pagetype_blocks.blocks IS 'Number of pageblocks.';
COMMENT ON COLUMN pagetype_blocks.pageblock_order IS 'A pageblock has 1 << pageblock_order base pages.';

CREATE TABLE vmallocinfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    addresses VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    caller VARCHAR,
    pages BIGINT,
    phys UBIGINT,
    uses VARCHAR NOT NULL,
    nodes VARCHAR NOT NULL
);
COMMENT ON TABLE vmallocinfo IS 'Source: /proc/vmallocinfo. One row an area of the kernel''s virtual address space.';
COMMENT ON COLUMN vmallocinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN vmallocinfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN vmallocinfo.addresses IS 'First address and end, as printed (often hashed).';
COMMENT ON COLUMN vmallocinfo.bytes IS 'Address space taken, with the guard page, bytes.';
COMMENT ON COLUMN vmallocinfo.caller IS 'Function that asked for it, with the offset of the call; NULL where none is printed.';
COMMENT ON COLUMN vmallocinfo.pages IS 'Base pages behind it; NULL where it maps memory that is not its own.';
COMMENT ON COLUMN vmallocinfo.phys IS 'Physical address it maps, bytes; NULL for none.';
COMMENT ON COLUMN vmallocinfo.uses IS 'The kernel''s words for it, spaces between: vmalloc, ioremap, vmap, user, vpages, ….';
COMMENT ON COLUMN vmallocinfo.nodes IS 'Base pages on each NUMA node, as printed: N0=12 N1=3.';

CREATE TABLE zoneinfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    section VARCHAR NOT NULL,
    cpu INTEGER,
    field VARCHAR NOT NULL,
    value BIGINT NOT NULL
);
COMMENT ON TABLE zoneinfo IS 'Source: /proc/zoneinfo. One row a number.';
COMMENT ON COLUMN zoneinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN zoneinfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN zoneinfo.node IS 'NUMA node.';
COMMENT ON COLUMN zoneinfo.zone IS 'Name of the zone. A node''s zones stand in the order of their numbers, from 0.';
COMMENT ON COLUMN zoneinfo.section IS 'node: the node''s counters. zone: free pages, watermarks, sizes. stat: the zone''s counters. pageset: a CPU''s lists. other.';
COMMENT ON COLUMN zoneinfo.cpu IS 'CPU, in section pageset; else NULL.';
COMMENT ON COLUMN zoneinfo.field IS 'Name of the number, as printed; protection[i] for the i-th of protection.';
COMMENT ON COLUMN zoneinfo.value IS 'The number: base pages, but events for numa_*, nr_dirtied and their like.';

CREATE TABLE stack_counts (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    stack_id INTEGER NOT NULL,
    handle BIGINT,
    base_pages BIGINT,
    allocations BIGINT
);
COMMENT ON TABLE stack_counts IS 'Source: show_stacks, show_handles, show_stacks_handles of page_owner_stacks/ (Linux 6.9 and later). One row a block.';
COMMENT ON COLUMN stack_counts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN stack_counts.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN stack_counts.stack_id IS 'Joins stacks.stack_id; where the file prints no stacks, one that stands in for the handle.';
COMMENT ON COLUMN stack_counts.handle IS 'Stack depot handle (32 bits without sign), within one boot; NULL where none is printed.';
COMMENT ON COLUMN stack_counts.base_pages IS 'Base pages held (nr_base_pages); NULL where the file has no count.';
COMMENT ON COLUMN stack_counts.allocations IS 'Allocations held (stack_count, Linux 6.9 alone); else NULL.';

CREATE TABLE sorted_rows (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    times BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    pid INTEGER,
    tgid INTEGER,
    comm VARCHAR,
    allocator VARCHAR,
    state VARCHAR,
    "order" TINYINT,
    gfp_mask BIGINT,
    alloc_ts BIGINT,
    free_ts BIGINT,
    stack_id INTEGER,
    handle BIGINT,
    migrate_reason VARCHAR,
    slab BOOLEAN,
    memcg VARCHAR,
    truncated BOOLEAN NOT NULL
);
COMMENT ON TABLE sorted_rows IS 'Source: output of page_owner_sort. One row a group of records.';
COMMENT ON COLUMN sorted_rows.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN sorted_rows.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN sorted_rows.times IS 'Records in the group.';
COMMENT ON COLUMN sorted_rows.pages IS 'Base pages of the group.';
COMMENT ON COLUMN sorted_rows.pid IS 'Thread, where the row tells.';
COMMENT ON COLUMN sorted_rows.tgid IS 'Process, where the row tells.';
COMMENT ON COLUMN sorted_rows.comm IS 'Name, escaped; NULL where the row does not tell or leaves two readings (an empty one can stand for a name with a newline).';
COMMENT ON COLUMN sorted_rows.allocator IS 'CMA, SLAB, VMALLOC, OTHERS, spaces between; NULL where not printed.';
COMMENT ON COLUMN sorted_rows.state IS 'The word of --cull=free as printed; the kernel''s tool prints UNRELEASED and RELEASED the wrong way round.';
COMMENT ON COLUMN sorted_rows."order" IS 'Each allocation has 1 << order base pages; NULL in culled rows.';
COMMENT ON COLUMN sorted_rows.gfp_mask IS 'gfp flags as bits; NULL in culled rows.';
COMMENT ON COLUMN sorted_rows.alloc_ts IS 'When the group''s first record was allocated, ns since boot; newer tools cut it out.';
COMMENT ON COLUMN sorted_rows.free_ts IS 'When that page was last freed before, ns since boot.';
COMMENT ON COLUMN sorted_rows.stack_id IS 'Joins stacks.stack_id; NULL where the row has no stack.';
COMMENT ON COLUMN sorted_rows.handle IS 'Stack depot handle, within one boot; NULL where none is printed.';
COMMENT ON COLUMN sorted_rows.migrate_reason IS 'Why the pages were last migrated; NULL where not said.';
COMMENT ON COLUMN sorted_rows.slab IS 'The line «Slab cache page» is there; NULL where the row has no record text.';
COMMENT ON COLUMN sorted_rows.memcg IS 'Name of the memory cgroup charged, escaped; NULL where none is printed.';
COMMENT ON COLUMN sorted_rows.truncated IS 'The file ends within the row.';

CREATE TABLE page_reports (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    logged_at BIGINT,
    pfn BIGINT,
    because VARCHAR,
    allocated BOOLEAN,
    "order" TINYINT NOT NULL,
    migratetype VARCHAR,
    gfp_mask BIGINT,
    pid INTEGER,
    tgid INTEGER,
    comm VARCHAR,
    alloc_ts BIGINT,
    free_ts BIGINT,
    stack_id INTEGER,
    free_pid INTEGER,
    free_tgid INTEGER,
    free_stack_ts BIGINT,
    free_stack_id INTEGER,
    migrate_reason VARCHAR,
    truncated BOOLEAN NOT NULL
);
COMMENT ON TABLE page_reports IS 'Source: dump_page() reports in a kernel log. One row a page.';
COMMENT ON COLUMN page_reports.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN page_reports.ord IS 'Position in the log, from 0.';
COMMENT ON COLUMN page_reports.logged_at IS 'When it was logged, microseconds since boot; NULL where the log does not say.';
COMMENT ON COLUMN page_reports.pfn IS 'Page frame number; NULL where the log has lost it.';
COMMENT ON COLUMN page_reports.because IS 'Why the kernel reported the page, escaped.';
COMMENT ON COLUMN page_reports.allocated IS 'The page was in use when it was reported; NULL where not said.';
COMMENT ON COLUMN page_reports."order" IS 'The allocation has (had) 1 << order base pages.';
COMMENT ON COLUMN page_reports.migratetype IS 'The allocation''s own migratetype; NULL where a debugger printed none.';
COMMENT ON COLUMN page_reports.gfp_mask IS 'gfp flags as bits; NULL where the line is cut in them.';
COMMENT ON COLUMN page_reports.pid IS 'Thread that allocated.';
COMMENT ON COLUMN page_reports.tgid IS 'Its process.';
COMMENT ON COLUMN page_reports.comm IS 'Its name, escaped; NULL where the log escaped it itself, so that two names look alike.';
COMMENT ON COLUMN page_reports.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN page_reports.free_ts IS 'When the page was last freed, ns since boot; 0 for never.';
COMMENT ON COLUMN page_reports.stack_id IS 'Joins stacks.stack_id: who allocated; NULL where there is no stack.';
COMMENT ON COLUMN page_reports.free_pid IS 'Thread that freed it last.';
COMMENT ON COLUMN page_reports.free_tgid IS 'Its process.';
COMMENT ON COLUMN page_reports.free_stack_ts IS 'When it was freed last, ns since boot, where said with the stack.';
COMMENT ON COLUMN page_reports.free_stack_id IS 'Joins stacks.stack_id: who freed it last; NULL where there is no stack.';
COMMENT ON COLUMN page_reports.migrate_reason IS 'Why the page was last migrated; NULL where it was not.';
COMMENT ON COLUMN page_reports.truncated IS 'The owner''s line is cut, or the log ends with the stack, which may go on.';

CREATE TABLE file_pieces (
    dump_id INTEGER NOT NULL,
    byte_offset BIGINT NOT NULL,
    raw BLOB NOT NULL
);
COMMENT ON TABLE file_pieces IS 'The decompressed bytes of the dumps that are summaries, so that they can be given back; page_owner''s own are not here.';
COMMENT ON COLUMN file_pieces.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN file_pieces.byte_offset IS 'Where the piece begins in the decompressed file; it has at most 1 MiB.';
COMMENT ON COLUMN file_pieces.raw IS 'The bytes.';

CREATE TABLE oldest_allocations (dump_id INTEGER PRIMARY KEY, times BIGINT[] NOT NULL);
COMMENT ON TABLE oldest_allocations IS 'When the oldest allocations of a dump with handles were made: of one boot dumps share most of them, of two boots none.';
COMMENT ON COLUMN oldest_allocations.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN oldest_allocations.times IS 'Allocation times, ns since boot, ascending.';
