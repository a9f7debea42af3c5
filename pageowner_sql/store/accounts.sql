-- The kernel's other accounts of memory, and summaries of page_owner.

CREATE TABLE account_files (
    dump_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    repairs VARCHAR[] NOT NULL,
    PRIMARY KEY (dump_id, kind)
);

CREATE TABLE account_rejects (
    dump_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    byte_offset BIGINT NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    raw BLOB NOT NULL
);

CREATE TABLE meminfo (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    node INTEGER,
    field VARCHAR NOT NULL,
    bytes BIGINT,
    count BIGINT
);

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

CREATE TABLE buddyinfo (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    "order" TINYINT NOT NULL,
    free_blocks BIGINT NOT NULL
);

CREATE TABLE pagetype_free (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    migratetype VARCHAR NOT NULL,
    "order" TINYINT NOT NULL,
    free_blocks BIGINT NOT NULL,
    capped BOOLEAN NOT NULL
);

CREATE TABLE pagetype_blocks (
    dump_id INTEGER NOT NULL,
    node INTEGER NOT NULL,
    zone VARCHAR NOT NULL,
    migratetype VARCHAR NOT NULL,
    mixed BOOLEAN NOT NULL,
    blocks BIGINT NOT NULL,
    pageblock_order TINYINT
);

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

CREATE TABLE processes (
    dump_id INTEGER NOT NULL,
    tgid INTEGER NOT NULL,
    comm VARCHAR NOT NULL,
    start_ts BIGINT NOT NULL,
    cgroup VARCHAR NOT NULL
);

CREATE TABLE modules (
    dump_id INTEGER NOT NULL,
    module VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    uses BIGINT
);

CREATE TABLE stack_counts (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    stack_id INTEGER NOT NULL,
    handle BIGINT,
    base_pages BIGINT,
    allocations BIGINT
);

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

CREATE TABLE file_pieces (
    dump_id INTEGER NOT NULL,
    byte_offset BIGINT NOT NULL,
    raw BLOB NOT NULL
);

CREATE TABLE oldest_allocations (dump_id INTEGER PRIMARY KEY, times BIGINT[] NOT NULL);
