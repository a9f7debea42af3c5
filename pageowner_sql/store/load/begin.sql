-- The distinct texts of this load, by kind: 1 header, 3 page state, 4 rest. An id is NULL where the
-- text is no good. hash() is safe as a key here: it lives for one load only, and the texts are
-- compared as well.
CREATE OR REPLACE TEMP TABLE load_texts (
    kind INTEGER NOT NULL, id INTEGER, h UBIGINT, raw BLOB NOT NULL
);
