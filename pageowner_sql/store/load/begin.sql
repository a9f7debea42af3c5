-- The distinct texts of this load that are no longer at hand, by kind: 0 header, 1 page state, 2 rest.
-- An id is 0 where the text is no good.
CREATE OR REPLACE TEMP TABLE load_texts (
    kind INTEGER NOT NULL, digest BLOB NOT NULL, id INTEGER NOT NULL
);
