CREATE TABLE IF NOT EXISTS symbol_files (
    file_id INTEGER NOT NULL,
    path VARCHAR NOT NULL,
    module VARCHAR NOT NULL,
    kernel VARCHAR,
    build_id VARCHAR,
    base UBIGINT NOT NULL,
    root VARCHAR NOT NULL,
    cache BLOB
);

CREATE TABLE IF NOT EXISTS symbols (
    file_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    address UBIGINT NOT NULL,
    size BIGINT NOT NULL,
    span BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS source_lines (
    stack_id INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    file_id INTEGER,
    function VARCHAR,
    file VARCHAR,
    line INTEGER,
    reason VARCHAR
);

CREATE OR REPLACE VIEW source_frames AS
SELECT
    f.stack_id,
    f.pos,
    coalesce(s.depth, 0) AS depth,
    coalesce(s.function, f.function, '0x' || lower(to_hex(f.address))) AS function,
    f.module,
    coalesce(s.file, f.file) AS file,
    coalesce(s.line, f.line) AS line,
    coalesce(
        s.depth < max(s.depth) OVER (PARTITION BY f.stack_id, f.pos), f.inlined, false
    ) AS inlined,
    s.reason
FROM frames f
LEFT JOIN source_lines s ON s.stack_id = f.stack_id AND s.pos = f.pos;
