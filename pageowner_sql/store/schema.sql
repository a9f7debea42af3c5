-- Version 1. A change goes into migrations/ and here.

CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);
COMMENT ON TABLE meta IS 'What this file is: key format is pageowner_sql, key version the version of these tables.';
COMMENT ON COLUMN meta.key IS 'Name of the fact.';
COMMENT ON COLUMN meta.value IS 'The fact.';

CREATE TABLE dumps (
    dump_id INTEGER PRIMARY KEY,
    label VARCHAR NOT NULL UNIQUE,
    kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL UNIQUE,
    head_sha256 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    records BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    truncated_ord INTEGER,
    newest_alloc_ts BIGINT,
    captured_at TIMESTAMP,
    loaded_at TIMESTAMP NOT NULL,
    host VARCHAR,
    kernel VARCHAR,
    boot_id VARCHAR,
    page_size INTEGER NOT NULL,
    page_size_given BOOLEAN NOT NULL,
    tags MAP(VARCHAR, VARCHAR) NOT NULL,
    fields VARCHAR[] NOT NULL,
    repairs VARCHAR[] NOT NULL
);
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

CREATE TABLE layouts (
    layout_id INTEGER NOT NULL,
    dump_id INTEGER NOT NULL,
    after_ts BLOB NOT NULL,
    after_free_ts BLOB NOT NULL,
    hex_pfn BOOLEAN NOT NULL,
    after_pfn BLOB NOT NULL,
    migratetype VARCHAR,
    plain BOOLEAN NOT NULL,
    text_1 BLOB NOT NULL,
    text_2 BLOB NOT NULL,
    slab_name VARCHAR,
    file_dev VARCHAR,
    file_ino UBIGINT,
    file_index UBIGINT,
    anon_address UBIGINT
);
COMMENT ON TABLE layouts IS 'The constant text between the numbers of a record; with them a record gives its bytes back.';
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

CREATE TABLE headers (
    header_id INTEGER NOT NULL,
    dump_id INTEGER NOT NULL,
    raw BLOB NOT NULL,
    "order" TINYINT NOT NULL,
    gfp_mask BIGINT NOT NULL,
    gfp VARCHAR,
    pid INTEGER,
    tgid INTEGER,
    comm VARCHAR,
    plain BOOLEAN NOT NULL
);
COMMENT ON TABLE headers IS 'The distinct first lines of records, up to the first timestamp.';
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

CREATE TABLE page_states (
    page_state_id INTEGER NOT NULL,
    dump_id INTEGER NOT NULL,
    raw BLOB NOT NULL,
    pageblock_migratetype VARCHAR NOT NULL,
    flags_mask UBIGINT,
    flags VARCHAR NOT NULL,
    node INTEGER,
    zone INTEGER,
    lastcpupid INTEGER
);
COMMENT ON TABLE page_states IS 'The distinct ends of PFN lines, behind the block number.';
COMMENT ON COLUMN page_states.page_state_id IS 'Joins records.page_state_id.';
COMMENT ON COLUMN page_states.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN page_states.raw IS 'The text.';
COMMENT ON COLUMN page_states.pageblock_migratetype IS 'Migratetype of the pageblock that holds the page.';
COMMENT ON COLUMN page_states.flags_mask IS 'The page''s flags as bits.';
COMMENT ON COLUMN page_states.flags IS 'The page''s flags by name, without node, zone and lastcpupid.';
COMMENT ON COLUMN page_states.node IS 'NUMA node, NULL where the kernel prints none.';
COMMENT ON COLUMN page_states.zone IS 'Zone number within the node, NULL where the kernel prints none.';
COMMENT ON COLUMN page_states.lastcpupid IS 'Last CPU and pid that touched the page, as the kernel packs them.';

CREATE TABLE rests (
    rest_id INTEGER NOT NULL,
    dump_id INTEGER NOT NULL,
    raw BLOB NOT NULL,
    stack_id INTEGER NOT NULL,
    handle BIGINT,
    migrate_reason VARCHAR,
    slab BOOLEAN NOT NULL,
    memcg VARCHAR,
    memcg_offline BOOLEAN NOT NULL,
    memcg_objcg BOOLEAN NOT NULL,
    extra VARCHAR,
    by_module VARCHAR,
    plain BOOLEAN NOT NULL,
    c_vmalloc BOOLEAN NOT NULL
);
COMMENT ON TABLE rests IS 'The distinct texts below the PFN line: the stack and the lines behind it.';
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

CREATE TABLE stacks (
    stack_id INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    depth INTEGER NOT NULL,
    function_stack VARCHAR NOT NULL,
    is_slab BOOLEAN NOT NULL,
    is_vmalloc BOOLEAN NOT NULL
);
COMMENT ON TABLE stacks IS 'The distinct stacks of all dumps.';
COMMENT ON COLUMN stacks.stack_id IS 'Number of the stack in this file.';
COMMENT ON COLUMN stacks.text IS 'The frames as printed, innermost first, a line each.';
COMMENT ON COLUMN stacks.depth IS 'Number of frames.';
COMMENT ON COLUMN stacks.function_stack IS 'The frames'' functions without offsets and compiler suffixes, a line each: joins stacks of two builds.';
COMMENT ON COLUMN stacks.is_slab IS 'A frame of the slab allocator asks for the pages.';
COMMENT ON COLUMN stacks.is_vmalloc IS 'vmalloc asks for the pages.';

CREATE TABLE frames (
    stack_id INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    function VARCHAR,
    base_function VARCHAR,
    "offset" BIGINT,
    size BIGINT,
    module VARCHAR,
    address UBIGINT,
    file VARCHAR,
    line INTEGER,
    inlined BOOLEAN,
    guessed BOOLEAN
);
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

CREATE TABLE records (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    header_id INTEGER NOT NULL,
    layout_id INTEGER NOT NULL,
    alloc_ts BIGINT,
    free_ts BIGINT,
    pfn BIGINT NOT NULL,
    pageblock BIGINT NOT NULL,
    page_state_id INTEGER NOT NULL,
    rest_id INTEGER NOT NULL
);
COMMENT ON TABLE records IS 'One row a record of a dump: its numbers and the ids of its texts. The view allocations joins them.';
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

CREATE TABLE rejects (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    piece INTEGER NOT NULL,
    byte_offset BIGINT NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    raw BLOB NOT NULL
);
COMMENT ON TABLE rejects IS 'Bytes that are not a record. A large reject has several pieces, with the same ord.';
COMMENT ON COLUMN rejects.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN rejects.ord IS 'Position in the dump, among the records.';
COMMENT ON COLUMN rejects.piece IS 'Number of the piece within the reject, from 0.';
COMMENT ON COLUMN rejects.byte_offset IS 'Where the piece begins in the decompressed dump, bytes.';
COMMENT ON COLUMN rejects.line IS 'Line of the dump in which the piece begins, from 1.';
COMMENT ON COLUMN rejects.reason IS 'Why it is no record.';
COMMENT ON COLUMN rejects.raw IS 'The bytes.';

CREATE TABLE gaps (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    raw BLOB NOT NULL
);
COMMENT ON TABLE gaps IS 'Surplus empty lines between records: no record and no reject, kept for the way back.';
COMMENT ON COLUMN gaps.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN gaps.ord IS 'Position in the dump, among the records.';
COMMENT ON COLUMN gaps.raw IS 'The bytes.';

CREATE TABLE c_records (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    part INTEGER NOT NULL,
    times BIGINT NOT NULL,
    text BLOB NOT NULL,
    line_end INTEGER NOT NULL,
    head_end INTEGER NOT NULL,
    cut_at INTEGER NOT NULL,
    cut_end INTEGER NOT NULL,
    cut_head_end INTEGER NOT NULL,
    pages BIGINT NOT NULL,
    pid BIGINT NOT NULL,
    tgid BIGINT NOT NULL,
    name BLOB NOT NULL,
    alloc_ts UBIGINT NOT NULL,
    alloc_ts_comma UBIGINT NOT NULL,
    free_ts UBIGINT NOT NULL,
    cma BOOLEAN NOT NULL,
    slab BOOLEAN NOT NULL,
    vmalloc BOOLEAN NOT NULL,
    stops BOOLEAN NOT NULL
);
COMMENT ON TABLE c_records IS 'What page_owner_sort makes of the parts of a dump that it does not read as we do; for sort --compat.';
COMMENT ON COLUMN c_records.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN c_records.ord IS 'Position in the dump of the record, reject or gap that it comes from.';
COMMENT ON COLUMN c_records.part IS 'Its number among the records that page_owner_sort makes of that one.';
COMMENT ON COLUMN c_records.times IS 'How many of it stand one behind the other: more than one where it is empty.';
COMMENT ON COLUMN c_records.text IS 'Its text: all its lines but those that start with PFN.';
COMMENT ON COLUMN c_records.line_end IS 'Bytes of the first line of the text, newline included; what is below is what it calls the stacktrace.';
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
