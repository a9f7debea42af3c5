-- The distinct texts of this load that left memory, by kind: 0 header, 1 page state, 2 rest.
-- An id is 0 where the text cannot be read.
CREATE OR REPLACE TEMP TABLE load_texts (
    kind INTEGER NOT NULL, digest BLOB NOT NULL, id INTEGER NOT NULL
);
