-- Short names for what people ask most. Stored in the file, so that any DuckDB client has them.

CREATE OR REPLACE VIEW stack_modules AS
SELECT stack_id, arg_min(module, pos) AS module
FROM frames
WHERE module IS NOT NULL
GROUP BY stack_id;

CREATE OR REPLACE VIEW live_allocations AS
SELECT
    a.*,
    s.text AS stack,
    s.function_stack,
    o.owner,
    o.owner_module,
    o.subsystem,
    coalesce(m.module, 'vmlinux') AS module,
    class_of(o.subsystem, contains(a.allocator, 'SLAB'), contains(a.allocator, 'VMALLOC')) AS class
FROM allocations a
JOIN stacks s ON s.stack_id = a.stack_id
LEFT JOIN stack_owners o ON o.stack_id = a.stack_id
LEFT JOIN stack_modules m ON m.stack_id = a.stack_id;

CREATE OR REPLACE VIEW gfp_flags AS
SELECT header_id, dump_id, gfp_mask, unnest(string_split(gfp, '|')) AS flag
FROM headers
WHERE gfp <> '';

CREATE OR REPLACE VIEW page_flags AS
SELECT page_state_id, dump_id, flags_mask, unnest(string_split(flags, '|')) AS flag
FROM page_states
WHERE flags <> '';

CREATE OR REPLACE MACRO human_bytes(n) AS format_bytes(n);

CREATE OR REPLACE MACRO stack_text(stack) AS (SELECT text FROM stacks WHERE stack_id = stack);

-- A label that no dump has is an error that names those that come near it.
CREATE OR REPLACE MACRO known_label(wanted) AS coalesce(
    (SELECT label FROM dumps WHERE label = wanted),
    error(
        wanted || ': no dump has this label; there is '
        || (
            SELECT coalesce(string_agg(label, ', '), 'none yet')
            FROM (FROM dumps ORDER BY levenshtein(label, wanted), dump_id DESC LIMIT 3)
        )
    )
);

CREATE OR REPLACE MACRO dump(wanted) AS TABLE
SELECT * FROM live_allocations WHERE dump = known_label(wanted);

CREATE OR REPLACE VIEW early_stacks AS
SELECT DISTINCT stack_id
FROM frames
WHERE base_function IN ('register_early_stack', 'init_early_allocated_pages', 'init_pages_in_zone')
    -- 3.19 to 4.x, where the others are inlined.
    OR (base_function = 'page_ext_init' AND pos = 0);

CREATE OR REPLACE VIEW identities AS
SELECT
    r.dump_id,
    r.ord,
    r.alloc_ts,
    h.pid,
    h.tgid,
    t.stack_id,
    h."order",
    1::BIGINT << h."order" AS pages
FROM records r
JOIN headers h ON h.header_id = r.header_id
JOIN known_rests t ON t.rest_id = r.rest_id
ANTI JOIN early_stacks e ON e.stack_id = t.stack_id
WHERE r.alloc_ts > 0;
