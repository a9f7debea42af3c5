-- Records that are alike in all their texts, once each: `ord`, `alloc_ts` and `free_ts` are those of
-- the first, `times` is how many there are. In tally_new texts stand for themselves.
CREATE OR REPLACE TEMP TABLE tally_new (
    header BLOB, page_state BLOB, rest BLOB, layout INTEGER,
    ord INTEGER, alloc_ts BIGINT, free_ts BIGINT, times BIGINT
);
CREATE OR REPLACE TEMP TABLE alike (
    dump_id INTEGER, header_id INTEGER, page_state_id INTEGER, rest_id INTEGER, layout_id INTEGER,
    ord INTEGER, alloc_ts BIGINT, free_ts BIGINT, times BIGINT
);
