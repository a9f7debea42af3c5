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
COMMENT ON TABLE symbol_files IS 'Symbol files that frames are resolved with: symbols add.';
COMMENT ON COLUMN symbol_files.file_id IS 'Number of the file.';
COMMENT ON COLUMN symbol_files.path IS 'Where it was read, as given.';
COMMENT ON COLUMN symbol_files.module IS 'The module that it is of; vmlinux is the kernel itself, modules a list of where modules lie.';
COMMENT ON COLUMN symbol_files.kernel IS 'It holds for dumps of that kernel or label alone; NULL: for those whose functions it fits.';
COMMENT ON COLUMN symbol_files.build_id IS 'GNU build id in hex, where it has one.';
COMMENT ON COLUMN symbol_files.base IS 'Addresses in cache count from here.';
COMMENT ON COLUMN symbol_files.root IS 'The folder that the kernel was built in; paths in source_lines are below it.';
COMMENT ON COLUMN symbol_files.cache IS 'Its source lines, packed (zstd); NULL where it has symbols alone.';

CREATE TABLE IF NOT EXISTS symbols (
    file_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    address UBIGINT NOT NULL,
    size BIGINT NOT NULL,
    span BIGINT NOT NULL
);
COMMENT ON TABLE symbols IS 'The functions of symbol files.';
COMMENT ON COLUMN symbols.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN symbols.name IS 'The function''s name, as frames.function.';
COMMENT ON COLUMN symbols.address IS 'Its address in the file; of a list of modules, where the module lies.';
COMMENT ON COLUMN symbols.size IS 'Its size in bytes.';
COMMENT ON COLUMN symbols.span IS 'Bytes up to the next symbol: the size that the kernel prints.';

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
COMMENT ON TABLE source_lines IS 'What symbol files say of frames; functions that were inlined are rows of their own.';
COMMENT ON COLUMN source_lines.stack_id IS 'Joins frames.stack_id.';
COMMENT ON COLUMN source_lines.pos IS 'Joins frames.pos.';
COMMENT ON COLUMN source_lines.depth IS '0 is the function that is called, the highest the one that is printed.';
COMMENT ON COLUMN source_lines.file_id IS 'The symbol file that says so; NULL where none does.';
COMMENT ON COLUMN source_lines.function IS 'The function.';
COMMENT ON COLUMN source_lines.file IS 'Its source file; NULL where it is not known.';
COMMENT ON COLUMN source_lines.line IS 'The line of the call in that file.';
COMMENT ON COLUMN source_lines.reason IS 'Why there is no line; NULL where there is one.';

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
