CREATE TABLE IF NOT EXISTS maintainer_entries (
    file_id INTEGER NOT NULL,
    entry VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    people VARCHAR[] NOT NULL,
    lists VARCHAR[] NOT NULL
);
COMMENT ON TABLE maintainer_entries IS 'The entries of the kernel''s MAINTAINERS file: symbols add MAINTAINERS.';
COMMENT ON COLUMN maintainer_entries.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN maintainer_entries.entry IS 'Its name.';
COMMENT ON COLUMN maintainer_entries.status IS 'Maintained, Supported, Orphan, …';
COMMENT ON COLUMN maintainer_entries.people IS 'Maintainers, with their addresses.';
COMMENT ON COLUMN maintainer_entries.lists IS 'Mailing lists.';

CREATE TABLE IF NOT EXISTS maintainer_patterns (
    file_id INTEGER NOT NULL,
    entry VARCHAR NOT NULL,
    tag VARCHAR NOT NULL,
    pattern VARCHAR NOT NULL
);
COMMENT ON TABLE maintainer_patterns IS 'The files of the entries of MAINTAINERS.';
COMMENT ON COLUMN maintainer_patterns.file_id IS 'Joins symbol_files.file_id.';
COMMENT ON COLUMN maintainer_patterns.entry IS 'Joins maintainer_entries.entry.';
COMMENT ON COLUMN maintainer_patterns.tag IS 'F: files, X: files that are not its own, N: a regular expression.';
COMMENT ON COLUMN maintainer_patterns.pattern IS 'The pattern.';

CREATE TABLE IF NOT EXISTS maintained_files (
    file VARCHAR NOT NULL,
    place INTEGER NOT NULL,
    entry VARCHAR NOT NULL
);
COMMENT ON TABLE maintained_files IS 'Whose the source files of frames are, by MAINTAINERS.';
COMMENT ON COLUMN maintained_files.file IS 'Joins frames.file.';
COMMENT ON COLUMN maintained_files.place IS '0 is the entry that names the file most closely.';
COMMENT ON COLUMN maintained_files.entry IS 'Joins maintainer_entries.entry.';

CREATE OR REPLACE VIEW stack_maintainers AS
SELECT o.stack_id, f.file, m.entry
FROM stack_owners o
JOIN frames f ON f.stack_id = o.stack_id AND f.pos = o.owner_pos
JOIN maintained_files m ON m.file = f.file AND m.place = 0;
COMMENT ON VIEW stack_maintainers IS 'Whose the owners of stacks are, by the files that they stand in. Stacks without a known file are not here.';
COMMENT ON COLUMN stack_maintainers.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_maintainers.file IS 'Source file of the owner.';
COMMENT ON COLUMN stack_maintainers.entry IS 'The entry of MAINTAINERS that names it most closely.';

CREATE OR REPLACE MACRO maintainer_of(stack) AS (
    SELECT entry FROM stack_maintainers WHERE stack_id = stack
);
COMMENT ON MACRO maintainer_of IS 'The entry of MAINTAINERS of a stack number, by the file of its owner.';
