-- Version 1. A change goes into migrations/ and here.

CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

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

CREATE TABLE stacks (
    stack_id INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    depth INTEGER NOT NULL,
    function_stack VARCHAR NOT NULL,
    is_slab BOOLEAN NOT NULL,
    is_vmalloc BOOLEAN NOT NULL
);

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

CREATE TABLE rejects (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    piece INTEGER NOT NULL,
    byte_offset BIGINT NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    raw BLOB NOT NULL
);

CREATE TABLE gaps (
    dump_id INTEGER NOT NULL,
    ord INTEGER NOT NULL,
    raw BLOB NOT NULL
);

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
