-- What each table, view, macro and column is. A database in memory goes without: nobody reads
-- them there, and they take longer than all the rest.

COMMENT ON TABLE meta IS 'Internal: What this file is: key format is pageowner_sql, key version the version of these tables.';
COMMENT ON COLUMN meta.key IS 'Name of the fact.';
COMMENT ON COLUMN meta.value IS 'The fact.';

COMMENT ON TABLE dumps IS 'One row a loaded dump.';
COMMENT ON COLUMN dumps.dump_id IS 'Number of the dump in this file, in the order of loading.';
COMMENT ON COLUMN dumps.label IS 'The unique name that people type.';
COMMENT ON COLUMN dumps.kind IS 'page_owner, or the name of the summary it is: show_stacks, show_handles, sorted, dmesg …';
COMMENT ON COLUMN dumps.source IS 'Path it was read from, as given.';
COMMENT ON COLUMN dumps.sha256 IS 'SHA-256 of the decompressed bytes: the same bytes are one dump.';
COMMENT ON COLUMN dumps.head_sha256 IS 'SHA-256 of the first MiB of the decompressed bytes: tells cheaply that a file is not in here.';
COMMENT ON COLUMN dumps.bytes IS 'Decompressed size in bytes.';
COMMENT ON COLUMN dumps.records IS 'Records loaded. Records seen = records + rejected.';
COMMENT ON COLUMN dumps.rejected IS 'Records that could not be parsed; their bytes are in rejects.';
COMMENT ON COLUMN dumps.pages IS 'Base pages of all loaded records.';
COMMENT ON COLUMN dumps.truncated_ord IS 'ord of the last record where the dump ends within it, else NULL.';
COMMENT ON COLUMN dumps.newest_alloc_ts IS 'The newest allocation time in the dump, ns since boot: its age where captured_at is not known.';
COMMENT ON COLUMN dumps.captured_at IS 'When the dump was taken (UTC), as given.';
COMMENT ON COLUMN dumps.loaded_at IS 'When it was loaded (UTC).';
COMMENT ON COLUMN dumps.host IS 'Machine, as given.';
COMMENT ON COLUMN dumps.kernel IS 'Kernel release, as given.';
COMMENT ON COLUMN dumps.boot_id IS 'Boot, as given: dumps of one boot share it.';
COMMENT ON COLUMN dumps.page_size IS 'Bytes of a base page.';
COMMENT ON COLUMN dumps.page_size_given IS 'False where 4096 was assumed.';
COMMENT ON COLUMN dumps.tags IS 'Free key=value pairs, as given.';
COMMENT ON COLUMN dumps.fields IS 'The fields this dump''s format has (pid, tgid, comm, alloc_ts, free_ts, stack, handle, memcg, node, …).';
COMMENT ON COLUMN dumps.repairs IS 'What was done to a posted text (a mail, a quoted log) to read it, in words; empty where the file is as the kernel wrote it.';

COMMENT ON TABLE layouts IS 'Internal: The constant text between the numbers of a record; with them a record gives its bytes back.';
COMMENT ON COLUMN layouts.layout_id IS 'Joins records.layout_id.';
COMMENT ON COLUMN layouts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN layouts.after_ts IS 'Text behind alloc_ts.';
COMMENT ON COLUMN layouts.after_free_ts IS 'Text behind free_ts.';
COMMENT ON COLUMN layouts.hex_pfn IS 'The PFN is written in hex (Linux 6.5 and later).';
COMMENT ON COLUMN layouts.after_pfn IS 'Text between PFN and block number.';
COMMENT ON COLUMN layouts.migratetype IS 'The migratetype that text names: the page''s own, from its gfp mask.';
COMMENT ON COLUMN layouts.plain IS 'Nothing stands between header and PFN line.';
COMMENT ON COLUMN layouts.text_1 IS 'after_ts without the PFN line: what it gives to a report''s text.';
COMMENT ON COLUMN layouts.text_2 IS 'after_free_ts without the PFN line.';
COMMENT ON COLUMN layouts.slab_name IS 'The slab cache that the page is for, where a vendor''s kernel says it.';
COMMENT ON COLUMN layouts.file_dev IS 'Device (major:minor) of the file that the page is of, where a vendor''s kernel says it.';
COMMENT ON COLUMN layouts.file_ino IS 'Inode number of that file.';
COMMENT ON COLUMN layouts.file_index IS 'Which page of that file it is, from 0.';
COMMENT ON COLUMN layouts.anon_address IS 'Address of the anonymous page in its process, where a vendor''s kernel says it.';

COMMENT ON TABLE headers IS 'Internal: The distinct first lines of records, up to the first timestamp.';
COMMENT ON COLUMN headers.header_id IS 'Joins records.header_id.';
COMMENT ON COLUMN headers.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN headers.raw IS 'The text.';
COMMENT ON COLUMN headers."order" IS 'The allocation has 1 << order base pages.';
COMMENT ON COLUMN headers.gfp_mask IS 'The allocation''s gfp flags as bits.';
COMMENT ON COLUMN headers.gfp IS 'The gfp flags by name, as printed (or what stands there on kernels that cannot print them).';
COMMENT ON COLUMN headers.pid IS 'Thread that allocated.';
COMMENT ON COLUMN headers.tgid IS 'Its process.';
COMMENT ON COLUMN headers.comm IS 'The thread''s name, escaped: bytes that are not UTF-8 as \xNN, a backslash as \\. comm_bytes(comm) gives the bytes.';
COMMENT ON COLUMN headers.plain IS 'page_owner_sort reads it as we do; where it does not, c_records has its reading.';

COMMENT ON TABLE page_states IS 'Internal: The distinct ends of PFN lines, behind the block number.';
COMMENT ON COLUMN page_states.page_state_id IS 'Joins records.page_state_id.';
COMMENT ON COLUMN page_states.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN page_states.raw IS 'The text.';
COMMENT ON COLUMN page_states.pageblock_migratetype IS 'Migratetype of the pageblock that holds the page.';
COMMENT ON COLUMN page_states.flags_mask IS 'The page''s flags as bits.';
COMMENT ON COLUMN page_states.flags IS 'The page''s flags by name, without node, zone and lastcpupid.';
COMMENT ON COLUMN page_states.node IS 'NUMA node, NULL where the kernel prints none.';
COMMENT ON COLUMN page_states.zone IS 'Zone number within the node, NULL where the kernel prints none.';
COMMENT ON COLUMN page_states.lastcpupid IS 'Last CPU and pid that touched the page, as the kernel packs them.';

COMMENT ON TABLE rests IS 'Internal: The distinct texts below the PFN line: the stack and the lines behind it.';
COMMENT ON COLUMN rests.rest_id IS 'Joins records.rest_id.';
COMMENT ON COLUMN rests.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN rests.raw IS 'The text.';
COMMENT ON COLUMN rests.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN rests.handle IS 'Stack depot handle, within one boot; NULL where none is printed.';
COMMENT ON COLUMN rests.migrate_reason IS 'Why the page was last migrated; NULL where it was not.';
COMMENT ON COLUMN rests.slab IS 'The line «Slab cache page» is there.';
COMMENT ON COLUMN rests.memcg IS 'Name of the memory cgroup charged, escaped as comm is; NULL where none is printed.';
COMMENT ON COLUMN rests.memcg_offline IS 'That cgroup was deleted and still holds the page.';
COMMENT ON COLUMN rests.memcg_objcg IS 'Charged through an object cgroup (kernel memory).';
COMMENT ON COLUMN rests.extra IS 'Lines of a kind not known here, escaped.';
COMMENT ON COLUMN rests.by_module IS 'Module that allocated, where a vendor''s kernel says it in a line of its own.';
COMMENT ON COLUMN rests.plain IS 'page_owner_sort reads it as we do; where it does not, c_records has its reading.';
COMMENT ON COLUMN rests.c_vmalloc IS 'page_owner_sort counts it as VMALLOC: the frame just above the first __vmalloc_node_range has alloc_pages in its name.';

COMMENT ON TABLE stacks IS 'The distinct stacks of all dumps.';
COMMENT ON COLUMN stacks.stack_id IS 'Number of the stack in this file.';
COMMENT ON COLUMN stacks.text IS 'The frames as printed, innermost first, a line each.';
COMMENT ON COLUMN stacks.depth IS 'Number of frames.';
COMMENT ON COLUMN stacks.function_stack IS 'The frames'' functions without offsets and compiler suffixes, a line each: joins stacks of two builds.';
COMMENT ON COLUMN stacks.is_slab IS 'A frame of the slab allocator asks for the pages.';
COMMENT ON COLUMN stacks.is_vmalloc IS 'vmalloc asks for the pages.';

COMMENT ON TABLE frames IS 'One row a frame of a stack.';
COMMENT ON COLUMN frames.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN frames.pos IS 'Position in the stack, 0 is the innermost.';
COMMENT ON COLUMN frames.function IS 'The function as printed; NULL for a bare address.';
COMMENT ON COLUMN frames.base_function IS 'The function as the source calls it, by base_function(function).';
COMMENT ON COLUMN frames."offset" IS 'Offset of the return address within the function, bytes.';
COMMENT ON COLUMN frames.size IS 'Size of the function, bytes.';
COMMENT ON COLUMN frames.module IS 'Module of the function; NULL for the kernel itself.';
COMMENT ON COLUMN frames.address IS 'Address, where one is printed.';
COMMENT ON COLUMN frames.file IS 'Source file, where a tool decoded the address.';
COMMENT ON COLUMN frames.line IS 'Line of that file.';
COMMENT ON COLUMN frames.inlined IS 'The compiler put the function into that of the next frame.';
COMMENT ON COLUMN frames.guessed IS 'Printed behind a question mark: the address was on the stack, and may be left over from an earlier call. It owns nothing.';

COMMENT ON TABLE records IS 'Internal: One row a record of a dump: its numbers and the ids of its texts. The view allocations joins them.';
COMMENT ON COLUMN records.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN records.ord IS 'Position in the dump, from 0; rejects and surplus empty lines count too.';
COMMENT ON COLUMN records.header_id IS 'Joins headers.header_id.';
COMMENT ON COLUMN records.layout_id IS 'Joins layouts.layout_id.';
COMMENT ON COLUMN records.alloc_ts IS 'When it was allocated, ns since boot; NULL where the format has none.';
COMMENT ON COLUMN records.free_ts IS 'When the page was last freed before, ns since boot; NULL where the format has none.';
COMMENT ON COLUMN records.pfn IS 'Page frame number of the first page.';
COMMENT ON COLUMN records.pageblock IS 'Number of the pageblock, as printed.';
COMMENT ON COLUMN records.page_state_id IS 'Joins page_states.page_state_id.';
COMMENT ON COLUMN records.rest_id IS 'Joins rests.rest_id.';

COMMENT ON TABLE rejects IS 'Bytes that are not a record. A large reject has several pieces, with the same ord.';
COMMENT ON COLUMN rejects.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN rejects.ord IS 'Position in the dump, among the records.';
COMMENT ON COLUMN rejects.piece IS 'Number of the piece within the reject, from 0.';
COMMENT ON COLUMN rejects.byte_offset IS 'Where the piece begins in the decompressed dump, bytes.';
COMMENT ON COLUMN rejects.line IS 'Line of the dump in which the piece begins, from 1.';
COMMENT ON COLUMN rejects.reason IS 'The reason why the bytes are not a record.';
COMMENT ON COLUMN rejects.raw IS 'The bytes.';

COMMENT ON TABLE gaps IS 'Internal: Surplus empty lines between records: no record and no reject, kept for the way back.';
COMMENT ON COLUMN gaps.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN gaps.ord IS 'Position in the dump, among the records.';
COMMENT ON COLUMN gaps.raw IS 'The bytes.';

COMMENT ON TABLE c_records IS 'Internal: What page_owner_sort makes of the parts of a dump that it does not read as we do; for sort --compat.';
COMMENT ON COLUMN c_records.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN c_records.ord IS 'Position in the dump of the record, reject or gap that it comes from.';
COMMENT ON COLUMN c_records.part IS 'Its number among the records that page_owner_sort makes of that one.';
COMMENT ON COLUMN c_records.times IS 'How many of it stand one behind the other: more than one where it is empty.';
COMMENT ON COLUMN c_records.text IS 'Its text: all its lines but those that start with PFN.';
COMMENT ON COLUMN c_records.line_end IS 'Bytes of the first line of the text, newline included; page_owner_sort calls the lines below the stacktrace.';
COMMENT ON COLUMN c_records.head_end IS 'Bytes of the text up to where a plain header would end; 0 where it begins with none.';
COMMENT ON COLUMN c_records.cut_at IS 'Bytes before the digits of the first timestamp, which reports of 6.6 and later leave out.';
COMMENT ON COLUMN c_records.cut_end IS 'Bytes up to the end of those digits; the same where there are none.';
COMMENT ON COLUMN c_records.cut_head_end IS 'What head_end is for the text without those digits.';
COMMENT ON COLUMN c_records.pages IS 'Base pages it counts; 0 where it finds no order.';
COMMENT ON COLUMN c_records.pid IS 'The pid it finds, else -1.';
COMMENT ON COLUMN c_records.tgid IS 'The tgid it finds, else -1.';
COMMENT ON COLUMN c_records.name IS 'The process name it finds, else empty.';
COMMENT ON COLUMN c_records.alloc_ts IS 'The timestamp it finds, ns, else 2^64-1.';
COMMENT ON COLUMN c_records.alloc_ts_comma IS 'The timestamp that the 6.1 tool finds, which wants a comma behind it.';
COMMENT ON COLUMN c_records.free_ts IS 'The free_ts it finds, ns, else 2^64-1.';
COMMENT ON COLUMN c_records.cma IS 'It counts it as CMA.';
COMMENT ON COLUMN c_records.slab IS 'It counts it as SLAB.';
COMMENT ON COLUMN c_records.vmalloc IS 'It counts it as VMALLOC.';
COMMENT ON COLUMN c_records.stops IS 'No record: here it stops reading, since a record is too large for its buffer.';

COMMENT ON MACRO base_function IS 'What a function is called in the source, whatever the compiler added to its name.';

COMMENT ON MACRO comm_bytes IS 'The bytes of an escaped name (comm, memcg).';

COMMENT ON VIEW record_texts IS 'Internal: The text of each record, byte for byte as it was loaded.';
COMMENT ON COLUMN record_texts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN record_texts.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN record_texts.raw IS 'The bytes, the empty line behind the record included.';

COMMENT ON MACRO has_unsafe IS 'Internal: Whether a text holds a character that a terminal acts on, or that hides or reorders text.';

COMMENT ON MACRO visible IS 'A name whose control characters are written as \xNN, so that it cannot forge lines or move a cursor.';

COMMENT ON MACRO visible_lines IS 'Lines whose control characters are written as \xNN.';

COMMENT ON MACRO header_end IS 'Internal: How a header''s text ends behind the process name.';

COMMENT ON MACRO header_text IS 'Internal: A header''s text with its process name made visible.';

COMMENT ON MACRO stack_body IS 'Internal: What a report prints for a stack: its frames, or the handle that stands for it.';

COMMENT ON MACRO escaped IS 'Internal: Bytes as text: what is not UTF-8 as \xNN, a backslash as two.';

COMMENT ON MACRO ended_body IS 'Internal: The lines below the PFN line, each ended, without the record''s empty line.';

COMMENT ON MACRO whole_body IS 'Internal: What a report prints below a record''s first line, made visible.';

COMMENT ON TABLE account_files IS 'One row a file that was loaded to a dump: meminfo, allocinfo, slabinfo, buddyinfo, pagetypeinfo, vmallocinfo, zoneinfo.';
COMMENT ON COLUMN account_files.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN account_files.kind IS 'What it is, by the name of its file under /proc.';
COMMENT ON COLUMN account_files.source IS 'Path it was read from, as given.';
COMMENT ON COLUMN account_files.sha256 IS 'SHA-256 of the decompressed bytes.';
COMMENT ON COLUMN account_files.bytes IS 'Decompressed size in bytes.';
COMMENT ON COLUMN account_files.rejected IS 'Lines that could not be parsed; they are in account_rejects.';
COMMENT ON COLUMN account_files.repairs IS 'What was done to a posted text to read it, in words; empty where the file is as the kernel wrote it.';

COMMENT ON TABLE account_rejects IS 'Lines of account_files that could not be parsed, in pieces of at most 1 MiB.';
COMMENT ON COLUMN account_rejects.dump_id IS 'Joins account_files.dump_id.';
COMMENT ON COLUMN account_rejects.kind IS 'Joins account_files.kind.';
COMMENT ON COLUMN account_rejects.byte_offset IS 'Where the piece begins in the decompressed file, bytes.';
COMMENT ON COLUMN account_rejects.line IS 'Line in which the piece begins, from 1.';
COMMENT ON COLUMN account_rejects.reason IS 'The reason why the line is not a row.';
COMMENT ON COLUMN account_rejects.raw IS 'The bytes.';

COMMENT ON TABLE meminfo IS 'Source: /proc/meminfo (or a node''s meminfo under /sys). One row a field.';
COMMENT ON COLUMN meminfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN meminfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN meminfo.node IS 'NUMA node; NULL for the whole machine.';
COMMENT ON COLUMN meminfo.field IS 'Name of the field: MemTotal, MemFree, SUnreclaim, ….';
COMMENT ON COLUMN meminfo.bytes IS 'The amount in bytes (printed in units of 1024); NULL for a count.';
COMMENT ON COLUMN meminfo.count IS 'A number of huge pages, for the HugePages_ fields; else NULL.';

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

COMMENT ON TABLE buddyinfo IS 'Source: /proc/buddyinfo. One row a zone and order.';
COMMENT ON COLUMN buddyinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN buddyinfo.node IS 'NUMA node.';
COMMENT ON COLUMN buddyinfo.zone IS 'Name of the zone: DMA, DMA32, Normal, Movable, ….';
COMMENT ON COLUMN buddyinfo."order" IS 'The blocks counted have 1 << order base pages.';
COMMENT ON COLUMN buddyinfo.free_blocks IS 'Free blocks of exactly this order.';

COMMENT ON TABLE pagetype_free IS 'Source: /proc/pagetypeinfo, «Free pages count per migrate type». One row a zone, type and order.';
COMMENT ON COLUMN pagetype_free.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN pagetype_free.node IS 'NUMA node.';
COMMENT ON COLUMN pagetype_free.zone IS 'Name of the zone.';
COMMENT ON COLUMN pagetype_free.migratetype IS 'Type of the free list.';
COMMENT ON COLUMN pagetype_free."order" IS 'The blocks counted have 1 << order base pages.';
COMMENT ON COLUMN pagetype_free.free_blocks IS 'Free blocks on that list.';
COMMENT ON COLUMN pagetype_free.capped IS 'The kernel stopped counting there: free_blocks is a least number.';

COMMENT ON TABLE pagetype_blocks IS 'Source: /proc/pagetypeinfo, «Number of blocks type» and «Number of mixed blocks». One row a zone, type and table.';
COMMENT ON COLUMN pagetype_blocks.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN pagetype_blocks.node IS 'NUMA node.';
COMMENT ON COLUMN pagetype_blocks.zone IS 'Name of the zone.';
COMMENT ON COLUMN pagetype_blocks.migratetype IS 'Type of the pageblocks; among mixed ones those of CMA are counted as Movable.';
COMMENT ON COLUMN pagetype_blocks.mixed IS 'False: all pageblocks of the type. True: those that hold pages of another type.';
COMMENT ON COLUMN pagetype_blocks.blocks IS 'Number of pageblocks.';
COMMENT ON COLUMN pagetype_blocks.pageblock_order IS 'A pageblock has 1 << pageblock_order base pages.';

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

COMMENT ON TABLE zoneinfo IS 'Source: /proc/zoneinfo. One row a number.';
COMMENT ON COLUMN zoneinfo.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN zoneinfo.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN zoneinfo.node IS 'NUMA node.';
COMMENT ON COLUMN zoneinfo.zone IS 'Name of the zone. A node''s zones stand in the order of their numbers, from 0.';
COMMENT ON COLUMN zoneinfo.section IS 'node: the node''s counters. zone: free pages, watermarks, sizes. stat: the zone''s counters. pageset: a CPU''s lists. other.';
COMMENT ON COLUMN zoneinfo.cpu IS 'CPU, in section pageset; else NULL.';
COMMENT ON COLUMN zoneinfo.field IS 'Name of the number, as printed; protection[i] for the i-th of protection.';
COMMENT ON COLUMN zoneinfo.value IS 'The number: base pages, but events for numa_*, nr_dirtied and their like.';

COMMENT ON TABLE processes IS 'The processes that lived when a dump was captured. One row a process.';
COMMENT ON COLUMN processes.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN processes.tgid IS 'The process.';
COMMENT ON COLUMN processes.comm IS 'Its name, escaped as allocations.comm is.';
COMMENT ON COLUMN processes.start_ts IS 'When it was started, ns since boot, to a hundredth of a second.';
COMMENT ON COLUMN processes.cgroup IS 'Path of its control group; empty where there is none.';

COMMENT ON TABLE modules IS 'Source: /proc/modules. One row a module that was loaded when a dump was captured.';
COMMENT ON COLUMN modules.dump_id IS 'Joins dumps.dump_id: the dump it lies beside.';
COMMENT ON COLUMN modules.module IS 'Name of the module, as in frames.';
COMMENT ON COLUMN modules.bytes IS 'Size of its code and data in bytes.';
COMMENT ON COLUMN modules.uses IS 'How many others use it; NULL where the kernel does not count.';

COMMENT ON TABLE stack_counts IS 'Source: show_stacks, show_handles, show_stacks_handles of page_owner_stacks/ (Linux 6.9 and later). One row a block.';
COMMENT ON COLUMN stack_counts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN stack_counts.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN stack_counts.stack_id IS 'Joins stacks.stack_id; where the file prints no stacks, one that stands in for the handle.';
COMMENT ON COLUMN stack_counts.handle IS 'Stack depot handle (32 bits without sign), within one boot; NULL where none is printed.';
COMMENT ON COLUMN stack_counts.base_pages IS 'Base pages held (nr_base_pages); NULL where the file has no count.';
COMMENT ON COLUMN stack_counts.allocations IS 'Allocations held (only stack_count, Linux 6.9); else NULL.';

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

COMMENT ON TABLE file_pieces IS 'Internal: The decompressed bytes of the dumps that are summaries, so that they can be given back; page_owner''s own are not here.';
COMMENT ON COLUMN file_pieces.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN file_pieces.byte_offset IS 'Where the piece begins in the decompressed file; it has at most 1 MiB.';
COMMENT ON COLUMN file_pieces.raw IS 'The bytes.';

COMMENT ON TABLE oldest_allocations IS 'Internal: When the oldest allocations of a dump with handles were made: of one boot dumps share most of them, of two boots none.';
COMMENT ON COLUMN oldest_allocations.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN oldest_allocations.times IS 'Allocation times, ns since boot, ascending.';

COMMENT ON TABLE owner_rules IS 'The rules that give a stack its owner and subsystem, one row a pattern.';
COMMENT ON COLUMN owner_rules.rule_id IS 'Position: of two rules of one kind that match, the lower one decides.';
COMMENT ON COLUMN owner_rules.source IS 'built-in, or the file the rule was read from.';
COMMENT ON COLUMN owner_rules.kind IS 'frame: gives a frame its role. subsystem: gives a stack its subsystem.';
COMMENT ON COLUMN owner_rules.name IS 'What the rule is about; of a subsystem rule, the subsystem.';
COMMENT ON COLUMN owner_rules.role IS 'plumbing, helper, boundary or owner; NULL for a subsystem rule.';
COMMENT ON COLUMN owner_rules.part IS 'What the pattern is held against: function, module, owner, via or frame.';
COMMENT ON COLUMN owner_rules.pattern IS 'A whole name; * stands for any run of characters, ? for one.';
COMMENT ON COLUMN owner_rules.note IS 'Why the rule is there, or empty.';

COMMENT ON TABLE stack_owners IS 'Whose memory a stack is: one row for each row of stacks, derived from owner_rules.';
COMMENT ON COLUMN stack_owners.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_owners.owner IS 'The function that the memory is for, as frames.base_function; (no stack) where there is no frame.';
COMMENT ON COLUMN stack_owners.owner_pos IS 'Where it stands: joins frames.pos. NULL where there is no frame.';
COMMENT ON COLUMN stack_owners.owner_module IS 'The owner''s module; NULL for the kernel itself.';
COMMENT ON COLUMN stack_owners.subsystem IS 'Its part of the kernel, named by the rule that matched; other where none did.';
COMMENT ON COLUMN stack_owners.owner_by IS 'first: the first frame past the plumbing. helper, boundary, plumbing: nothing better stood there. none: no frames.';
COMMENT ON COLUMN stack_owners.owner_rule IS 'The frame rule that matches the owner itself, if any: joins owner_rules.rule_id.';
COMMENT ON COLUMN stack_owners.plumbing_rule IS 'The frame rule of the frame just inside the owner: the interface it allocated through.';
COMMENT ON COLUMN stack_owners.subsystem_rule IS 'The subsystem rule that decided; NULL where none did.';
COMMENT ON COLUMN stack_owners.subsystem_pos IS 'The frame it matched: the owner, or the nearest known frame outside an owner that no rule knows.';

COMMENT ON TABLE owner_state IS 'Internal: Which rules stack_owners was derived with.';
COMMENT ON COLUMN owner_state.digest IS 'SHA-256 of the rules and of the SQL that applies them.';

COMMENT ON MACRO of_one_boot IS 'Whether two dumps are of one boot, by --boot, else by their oldest allocations; NULL where nothing tells.';

COMMENT ON VIEW handle_dumps IS 'Internal: The dumps that print handles, and what tells their boot.';
COMMENT ON COLUMN handle_dumps.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN handle_dumps.boot_id IS 'As dumps.boot_id.';
COMMENT ON COLUMN handle_dumps.machine IS 'Host and kernel, as given.';
COMMENT ON COLUMN handle_dumps.times IS 'As oldest_allocations.times; NULL where the dump has no times.';
COMMENT ON COLUMN handle_dumps.shows_stacks IS 'It prints stacks too: others can take theirs from it.';

COMMENT ON VIEW handle_lenders IS 'Internal: Which dumps lend their stacks to a dump that has only handles.';
COMMENT ON COLUMN handle_lenders.dump_id IS 'The dump without stacks: joins dumps.dump_id.';
COMMENT ON COLUMN handle_lenders.lender_id IS 'The dump with stacks: joins dumps.dump_id.';
COMMENT ON COLUMN handle_lenders.is_sure IS 'They are known to be of one boot; else nothing speaks against it.';

COMMENT ON VIEW handle_stacks IS 'Internal: The handles and stacks that dumps show side by side.';
COMMENT ON COLUMN handle_stacks.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN handle_stacks.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN handle_stacks.stack_id IS 'Joins stacks.stack_id.';

COMMENT ON VIEW known_handles IS 'What the handles of a dump stand for, as other dumps of its boot show.';
COMMENT ON COLUMN known_handles.dump_id IS 'The dump that has only handles: joins dumps.dump_id.';
COMMENT ON COLUMN known_handles.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN known_handles.stack_id IS 'Joins stacks.stack_id.';

COMMENT ON VIEW known_rests IS 'Internal: Table rests, with the stacks of handles that are known from other dumps. Those that stay unknown have a stack that says so.';
COMMENT ON COLUMN known_rests.rest_id IS 'Joins records.rest_id.';
COMMENT ON COLUMN known_rests.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN known_rests.raw IS 'The text.';
COMMENT ON COLUMN known_rests.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN known_rests.handle IS 'As rests.handle.';
COMMENT ON COLUMN known_rests.migrate_reason IS 'As rests.migrate_reason.';
COMMENT ON COLUMN known_rests.slab IS 'As rests.slab.';
COMMENT ON COLUMN known_rests.memcg IS 'As rests.memcg.';
COMMENT ON COLUMN known_rests.memcg_offline IS 'As rests.memcg_offline.';
COMMENT ON COLUMN known_rests.memcg_objcg IS 'As rests.memcg_objcg.';
COMMENT ON COLUMN known_rests.extra IS 'As rests.extra.';
COMMENT ON COLUMN known_rests.by_module IS 'As rests.by_module.';
COMMENT ON COLUMN known_rests.plain IS 'As rests.plain.';
COMMENT ON COLUMN known_rests.c_vmalloc IS 'As rests.c_vmalloc.';

COMMENT ON VIEW summaries IS 'One row a sum: of show_stacks and its like a stack or handle, of page_owner_sort''s output a row, of a kernel log a page. What a kind does not tell is NULL.';
COMMENT ON COLUMN summaries.dump IS 'Label of the dump.';
COMMENT ON COLUMN summaries.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN summaries.ord IS 'Position in the file, from 0.';
COMMENT ON COLUMN summaries.stack_id IS 'Joins stacks.stack_id; for a handle the stack that another dump of the boot shows, else a stack that names the handle.';
COMMENT ON COLUMN summaries.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN summaries.pid IS 'Thread that allocated.';
COMMENT ON COLUMN summaries.tgid IS 'Its process.';
COMMENT ON COLUMN summaries.comm IS 'Its name, escaped: bytes that are not UTF-8 as \xNN, a backslash as \\.';
COMMENT ON COLUMN summaries.memcg IS 'Name of the memory cgroup charged, escaped as comm is.';
COMMENT ON COLUMN summaries.allocator IS 'CMA, SLAB, VMALLOC, OTHERS, spaces between.';
COMMENT ON COLUMN summaries.migratetype IS 'The page''s own migratetype.';
COMMENT ON COLUMN summaries."order" IS 'Each allocation has 1 << order base pages.';
COMMENT ON COLUMN summaries.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN summaries.records IS 'Allocations; NULL where the file counts only pages.';
COMMENT ON COLUMN summaries.pages IS 'Base pages held; NULL where the file counts only allocations, 0 for a page that was free when it was reported.';

COMMENT ON MACRO is_slab_page IS 'A page with these flags is the slab allocator''s.';
COMMENT ON MACRO allocator_of IS 'Which allocators a page went through: CMA, SLAB, VMALLOC, spaces between, or OTHERS.';

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

COMMENT ON VIEW dump_texts IS 'All of a dump: ordered by ord and piece, raw put together is what was loaded.';
COMMENT ON COLUMN dump_texts.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN dump_texts.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN dump_texts.piece IS 'Number of the piece of a reject, from 0; a record is one piece.';
COMMENT ON COLUMN dump_texts.raw IS 'The bytes.';

COMMENT ON MACRO class_of IS 'The class of memory, by the counter of /proc/meminfo that has it: early boot, slab, anonymous memory, shmem, page tables, kernel stacks, percpu, page cache, vmalloc, other kernel memory.';
COMMENT ON VIEW class_counters IS 'The counters of /proc/meminfo that have a class of memory. A class that is not here is in no counter: early boot, vmalloc, other kernel memory.';
COMMENT ON COLUMN class_counters.class IS 'The class, as live_allocations.class.';
COMMENT ON COLUMN class_counters.field IS 'The counter: joins meminfo.field.';
COMMENT ON COLUMN class_counters.sign IS '1 where it counts towards the class, -1 where it is taken off.';

COMMENT ON VIEW stack_modules IS 'The module of a stack: that of the innermost frame that is in one. Stacks with frames of the kernel only are not here.';
COMMENT ON COLUMN stack_modules.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_modules.module IS 'Name of the module.';

COMMENT ON VIEW live_allocations IS 'One row an allocation that was live when the dump was taken: view allocations with stack, owner and class.';
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
COMMENT ON COLUMN live_allocations.class IS 'The class of memory, by the counter of meminfo that has it: class_of().';
COMMENT ON COLUMN live_allocations.page_order IS 'Column order again, under a name that needs no quotes.';

COMMENT ON VIEW dump_stacks IS 'One row a stack of a dump, of records or of a summary: PIVOT dump_stacks ON dump USING sum(pages) GROUP BY stack_id, owner is a table of stacks by dumps.';
COMMENT ON COLUMN dump_stacks.dump IS 'Label of the dump.';
COMMENT ON COLUMN dump_stacks.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN dump_stacks.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN dump_stacks.owner IS 'The function that the memory is for.';
COMMENT ON COLUMN dump_stacks.subsystem IS 'The owner''s part of the kernel.';
COMMENT ON COLUMN dump_stacks.records IS 'Allocations; NULL where the file counts only pages.';
COMMENT ON COLUMN dump_stacks.pages IS 'Base pages; NULL where the file counts only allocations.';
COMMENT ON COLUMN dump_stacks.bytes IS 'Size in bytes: pages * dumps.page_size.';

COMMENT ON MACRO human_bytes IS 'A number of bytes with a binary unit, for reading: 1536 is 1.5 KiB.';

COMMENT ON MACRO stack_text IS 'The frames of a stack number, innermost first, a line each.';

COMMENT ON MACRO age IS 'How old an allocation is in its dump, an INTERVAL, by the newest allocation there: WHERE age(alloc_ts) < INTERVAL 10 SECONDS. For rows with dump_id.';

COMMENT ON MACRO zone_name IS 'The name of a zone number, by the zoneinfo loaded with the dump: DMA, DMA32, Normal, … ; without it `zone 0`, because the numbers depend on the kernel''s configuration. For rows with dump_id.';

COMMENT ON VIEW live_stacks IS 'What each stack of a dump holds: live_allocations, a row a stack.';
COMMENT ON COLUMN live_stacks.dump IS 'Label of the dump.';
COMMENT ON COLUMN live_stacks.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN live_stacks.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN live_stacks.owner IS 'The function that the memory is for.';
COMMENT ON COLUMN live_stacks.subsystem IS 'The part of the kernel that the memory is for.';
COMMENT ON COLUMN live_stacks.records IS 'Allocations.';
COMMENT ON COLUMN live_stacks.pages IS 'Base pages.';
COMMENT ON COLUMN live_stacks.bytes IS 'Size in bytes.';
COMMENT ON COLUMN live_stacks.stack IS 'The frames as printed, innermost first, a line each.';

COMMENT ON MACRO TABLE grown IS 'The stacks that hold more in the second dump than in the first: FROM grown(''t0'', ''t1''). Columns: stack_id, owner, subsystem, old_bytes, new_bytes, delta_bytes, delta_records, stack.';

COMMENT ON MACRO TABLE callers_of IS 'Who calls a function in the stacks of all dumps, and what is held that way: FROM callers_of(''alloc_skb''). Columns: dump, caller, module, records, pages, bytes.';

COMMENT ON MACRO TABLE in_range IS 'The allocations with a page from one page frame number to another, both included: FROM in_range(4096, 8191). Columns as live_allocations.';

COMMENT ON MACRO known_label IS 'Internal: A label that a dump has; another is an error that names those that come near.';

COMMENT ON MACRO TABLE dump IS 'The allocations of the dump with that label: FROM dump(''t0'').';

COMMENT ON VIEW early_stacks IS 'The made-up stacks of pages that were taken before page_owner started: nobody knows by whom or when.';
COMMENT ON COLUMN early_stacks.stack_id IS 'Joins stacks.stack_id.';

COMMENT ON VIEW identities IS 'What identifies an allocation in all dumps of its boot, even after its page was migrated. Not unique: count it as a multiset. Pages of early boot and those without a time have none and are not here.';
COMMENT ON COLUMN identities.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN identities.ord IS 'Position in the dump, from 0.';
COMMENT ON COLUMN identities.alloc_ts IS 'When it was allocated, ns since boot.';
COMMENT ON COLUMN identities.pid IS 'Thread that allocated.';
COMMENT ON COLUMN identities.tgid IS 'Its process; NULL where the format has none.';
COMMENT ON COLUMN identities.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN identities."order" IS 'The allocation has 1 << order base pages.';
COMMENT ON COLUMN identities.pages IS 'Base pages.';

COMMENT ON MACRO TABLE explain_stack IS 'Why a stack has its owner and subsystem, a row a frame: FROM explain_stack(42). A stack without frames is one row.';

COMMENT ON TABLE symbol_files IS 'Symbol files that frames are resolved with: symbols add.';
COMMENT ON COLUMN symbol_files.file_id IS 'Number of the file.';
COMMENT ON COLUMN symbol_files.path IS 'Where it was read, as given.';
COMMENT ON COLUMN symbol_files.module IS 'The module that it is of; vmlinux is the kernel itself, modules a list of where modules lie.';
COMMENT ON COLUMN symbol_files.kernel IS 'The file is used only for dumps of that kernel or label; NULL: for dumps whose functions it fits.';
COMMENT ON COLUMN symbol_files.build_id IS 'GNU build id in hex, where it has one.';
COMMENT ON COLUMN symbol_files.base IS 'Addresses in cache count from here.';
COMMENT ON COLUMN symbol_files.root IS 'The folder that the kernel was built in; paths in source_lines are below it.';
COMMENT ON COLUMN symbol_files.cache IS 'Its source lines, packed (zstd); NULL where it has only symbols.';

COMMENT ON TABLE symbols IS 'The functions of symbol files.';
COMMENT ON COLUMN symbols.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN symbols.name IS 'The function''s name, as frames.function.';
COMMENT ON COLUMN symbols.address IS 'Its address in the file; of a list of modules, where the module lies.';
COMMENT ON COLUMN symbols.size IS 'Its size in bytes.';
COMMENT ON COLUMN symbols.span IS 'Bytes up to the next symbol: the size that the kernel prints.';

COMMENT ON TABLE source_lines IS 'What symbol files say of frames; functions that were inlined are rows of their own.';
COMMENT ON COLUMN source_lines.stack_id IS 'Joins frames.stack_id.';
COMMENT ON COLUMN source_lines.pos IS 'Joins frames.pos.';
COMMENT ON COLUMN source_lines.depth IS '0 is the function that is called, the highest the one that is printed.';
COMMENT ON COLUMN source_lines.file_id IS 'The symbol file that says so; NULL where none does.';
COMMENT ON COLUMN source_lines.function IS 'The function.';
COMMENT ON COLUMN source_lines.file IS 'Its source file; NULL where it is not known.';
COMMENT ON COLUMN source_lines.line IS 'The line of the call in that file.';
COMMENT ON COLUMN source_lines.reason IS 'Why there is no line; NULL where there is one.';

COMMENT ON VIEW source_frames IS 'Frames with their source lines, from symbol files or from the decoder that wrote the dump; inlined functions are rows of their own.';
COMMENT ON COLUMN source_frames.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN source_frames.pos IS 'Position in the stack, 0 is the innermost.';
COMMENT ON COLUMN source_frames.depth IS 'Position within the frame: 0 is the innermost inlined function.';
COMMENT ON COLUMN source_frames.function IS 'The function; of a frame without a name its address.';
COMMENT ON COLUMN source_frames.module IS 'Module of the frame; NULL for the kernel itself.';
COMMENT ON COLUMN source_frames.file IS 'Source file, below the folder of the kernel''s sources.';
COMMENT ON COLUMN source_frames.line IS 'Line of that file.';
COMMENT ON COLUMN source_frames.inlined IS 'The compiler put the function into that of the next row.';
COMMENT ON COLUMN source_frames.reason IS 'Why symbol files give no line; NULL where they do, or where there are none.';

COMMENT ON TABLE maintainer_entries IS 'The entries of the kernel''s MAINTAINERS file: symbols add MAINTAINERS.';
COMMENT ON COLUMN maintainer_entries.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN maintainer_entries.entry IS 'Its name.';
COMMENT ON COLUMN maintainer_entries.status IS 'Maintained, Supported, Orphan, …';
COMMENT ON COLUMN maintainer_entries.people IS 'Maintainers, with their addresses.';
COMMENT ON COLUMN maintainer_entries.lists IS 'Mailing lists.';

COMMENT ON TABLE maintainer_patterns IS 'The files of the entries of MAINTAINERS.';
COMMENT ON COLUMN maintainer_patterns.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN maintainer_patterns.entry IS 'Joins maintainer_entries.entry.';
COMMENT ON COLUMN maintainer_patterns.tag IS 'F: files, X: files that are not its own, N: a regular expression.';
COMMENT ON COLUMN maintainer_patterns.pattern IS 'The pattern.';

COMMENT ON TABLE maintained_files IS 'Whose the source files of frames are, by MAINTAINERS.';
COMMENT ON COLUMN maintained_files.file IS 'Joins frames.file.';
COMMENT ON COLUMN maintained_files.place IS '0 is the entry that names the file most closely.';
COMMENT ON COLUMN maintained_files.entry IS 'Joins maintainer_entries.entry.';

COMMENT ON VIEW stack_maintainers IS 'The maintainers of stacks, by the source files of their owners. Stacks without a known file are not here.';
COMMENT ON COLUMN stack_maintainers.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_maintainers.file IS 'Source file of the owner.';
COMMENT ON COLUMN stack_maintainers.entry IS 'The entry of MAINTAINERS that names it most closely.';

COMMENT ON MACRO maintainer_of IS 'The entry of MAINTAINERS of a stack number, by the file of its owner.';

COMMENT ON TABLE samples IS 'What record read: one row a file and time.';
COMMENT ON COLUMN samples.sample_id IS 'Number of the sample in this file, in the order of taking.';
COMMENT ON COLUMN samples.source IS 'The file: show_handles, show_stacks, allocinfo or meminfo.';
COMMENT ON COLUMN samples.taken_at IS 'When it was read (UTC).';
COMMENT ON COLUMN samples.uptime IS 'When it was read, ns since boot.';
COMMENT ON COLUMN samples.boot_id IS 'The boot; empty where the kernel does not say.';
COMMENT ON COLUMN samples.host IS 'Machine.';
COMMENT ON COLUMN samples.kernel IS 'Kernel release.';
COMMENT ON COLUMN samples.page_size IS 'Bytes of a base page.';

COMMENT ON TABLE sample_series IS 'What samples count: a stack, a line of source, a field.';
COMMENT ON COLUMN sample_series.series_id IS 'Number of the series in this file.';
COMMENT ON COLUMN sample_series.source IS 'The file: show_handles, show_stacks, allocinfo or meminfo.';
COMMENT ON COLUMN sample_series.boot_id IS 'The boot, for handles, which mean something only within one; else NULL.';
COMMENT ON COLUMN sample_series.name IS 'show_handles: the handle; show_stacks: the stack; allocinfo: file:line function; meminfo: the field.';
COMMENT ON COLUMN sample_series.stack IS 'The stack, a line a frame; NULL where there is none, or the kernel does not show it.';
COMMENT ON COLUMN sample_series.unit IS 'Bytes of one of sample_counts.units.';

COMMENT ON TABLE sample_counts IS 'How much series held from a sample on, until the next row of the series: only what changed.';
COMMENT ON COLUMN sample_counts.sample_id IS 'Joins samples.sample_id.';
COMMENT ON COLUMN sample_counts.series_id IS 'Joins sample_series.series_id.';
COMMENT ON COLUMN sample_counts.units IS 'What it holds, in units of sample_series.unit; 0 from where it holds nothing. View sample_points has bytes.';

COMMENT ON VIEW sample_points IS 'What each series of a source held in each sample of it, 0 included.';
COMMENT ON COLUMN sample_points.sample_id IS 'Joins samples.sample_id.';
COMMENT ON COLUMN sample_points.source IS 'The file: show_handles, show_stacks, allocinfo or meminfo.';
COMMENT ON COLUMN sample_points.boot_id IS 'The boot; empty where the kernel does not say.';
COMMENT ON COLUMN sample_points.taken_at IS 'When it was read (UTC).';
COMMENT ON COLUMN sample_points.series_id IS 'Joins sample_series.series_id.';
COMMENT ON COLUMN sample_points.bytes IS 'Bytes held, 0 for nothing.';

COMMENT ON MACRO function_hint IS 'The first line of a stack that is not the allocator''s own, as printed; NULL without a stack: function_hint(stack).';
COMMENT ON MACRO TABLE shapes_of IS 'How each series moves, over the boots of a relation that is named: FROM shapes_of(''points'', 86400e9, 1 << 20). The relation has the columns boot_id, series_id, taken_at and bytes; the period of a rhythm is in ns, and what moves by fewer bytes than the last argument is left out. Columns: boot_id, series_id, shape (trend, step, spike, rhythm, unclear), samples, first_bytes, last_bytes, least_bytes, most_bytes, slope_bytes_per_hour, explained_share, step_at.';

COMMENT ON VIEW sampled IS 'One row a series and sample, where it held something: tables samples, sample_series and sample_counts joined.';
COMMENT ON COLUMN sampled.sample_id IS 'Joins samples.sample_id.';
COMMENT ON COLUMN sampled.source IS 'The file: show_handles, show_stacks, allocinfo or meminfo.';
COMMENT ON COLUMN sampled.taken_at IS 'When it was read (UTC).';
COMMENT ON COLUMN sampled.uptime IS 'When it was read, ns since boot.';
COMMENT ON COLUMN sampled.boot_id IS 'The boot; empty where the kernel does not say.';
COMMENT ON COLUMN sampled.host IS 'Machine.';
COMMENT ON COLUMN sampled.series_id IS 'Joins sample_series.series_id.';
COMMENT ON COLUMN sampled.name IS 'What was counted, as sample_series.name.';
COMMENT ON COLUMN sampled.stack IS 'The stack, a line a frame; NULL where there is none.';
COMMENT ON COLUMN sampled.bytes IS 'Bytes held.';
