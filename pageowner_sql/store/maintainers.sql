CREATE TABLE IF NOT EXISTS maintainer_entries (
    file_id INTEGER NOT NULL,
    entry VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    people VARCHAR[] NOT NULL,
    lists VARCHAR[] NOT NULL
);

CREATE TABLE IF NOT EXISTS maintainer_patterns (
    file_id INTEGER NOT NULL,
    entry VARCHAR NOT NULL,
    tag VARCHAR NOT NULL,
    pattern VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS maintained_files (
    file VARCHAR NOT NULL,
    place INTEGER NOT NULL,
    entry VARCHAR NOT NULL
);

CREATE OR REPLACE VIEW stack_maintainers AS
SELECT o.stack_id, f.file, m.entry
FROM stack_owners o
JOIN frames f ON f.stack_id = o.stack_id AND f.pos = o.owner_pos
JOIN maintained_files m ON m.file = f.file AND m.place = 0;

CREATE OR REPLACE MACRO maintainer_of(stack) AS (
    SELECT entry FROM stack_maintainers WHERE stack_id = stack
);
