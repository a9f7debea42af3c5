-- Records with the same texts, in one row or a few: `ord` (the place in the dump), `alloc_ts` and
-- `free_ts` are those of the first record, `times` is the number of records.
CREATE OR REPLACE TEMP TABLE record_groups (
    dump_id INTEGER, header_id INTEGER, page_state_id INTEGER, rest_id INTEGER, layout_id INTEGER,
    ord BIGINT, alloc_ts BIGINT, free_ts BIGINT, times BIGINT
);

-- Here `ord` is an offset in the file, as in record_groups.
ALTER TABLE c_records ALTER ord TYPE BIGINT;
