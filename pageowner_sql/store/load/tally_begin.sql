-- Records that are alike in all their texts, once each or a few times: `ord` (their order in the
-- dump), `alloc_ts` and `free_ts` are those of the first, `times` is how many there are.
CREATE OR REPLACE TEMP TABLE alike (
    dump_id INTEGER, header_id INTEGER, page_state_id INTEGER, rest_id INTEGER, layout_id INTEGER,
    ord BIGINT, alloc_ts BIGINT, free_ts BIGINT, times BIGINT
);

-- They are placed by offsets too.
ALTER TABLE c_records ALTER ord TYPE BIGINT;
