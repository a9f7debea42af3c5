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
    class_of(o.subsystem, contains(a.allocator, 'SLAB'), contains(a.allocator, 'VMALLOC')) AS class,
    a."order" AS page_order
FROM allocations a
JOIN stacks s ON s.stack_id = a.stack_id
LEFT JOIN stack_owners o ON o.stack_id = a.stack_id
LEFT JOIN stack_modules m ON m.stack_id = a.stack_id;

CREATE OR REPLACE VIEW dump_stacks AS
SELECT
    d.label AS dump,
    d.dump_id,
    x.stack_id,
    o.owner,
    o.subsystem,
    sum(x.records)::BIGINT AS records,
    sum(x.pages)::BIGINT AS pages,
    sum(x.pages)::BIGINT * d.page_size AS bytes
FROM (
    SELECT r.dump_id, t.stack_id, count(*) AS records, sum(1::BIGINT << h."order") AS pages
    FROM records r
    JOIN headers h ON h.header_id = r.header_id
    JOIN known_rests t ON t.rest_id = r.rest_id
    GROUP BY r.dump_id, t.stack_id
    UNION ALL
    SELECT dump_id, stack_id, records, pages FROM summaries WHERE stack_id IS NOT NULL
) x
JOIN dumps d ON d.dump_id = x.dump_id
LEFT JOIN stack_owners o ON o.stack_id = x.stack_id
GROUP BY d.label, d.dump_id, d.page_size, x.stack_id, o.owner, o.subsystem;

-- Sums are HUGEINT, averages DOUBLE.
CREATE OR REPLACE MACRO human_bytes(n) AS format_bytes(try_cast(n AS BIGINT));

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

-- The two macros below read dump_id of the row that they are used on, and look it up in a map: a macro's
-- subquery does not see the row. With two arguments it is DuckDB's own age().
CREATE OR REPLACE MACRO age(alloc_ts) AS to_microseconds(
    ((SELECT map(list(dump_id), list(newest_alloc_ts)) FROM dumps)[dump_id] - nullif(alloc_ts, 0)) // 1000
),
(later, earlier) AS system.main.age(later, earlier);

-- The kernel numbers the zones that it was built with in this order; zoneinfo lists all of them.
CREATE OR REPLACE MACRO zone_name(number) AS coalesce(
    list_extract(
        (
            SELECT map(list(dump_id), list(names))
            FROM (
                SELECT
                    dump_id,
                    list_filter(
                        ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable', 'Device'],
                        lambda name: list_contains(list(zone), name)
                    ) AS names
                FROM zoneinfo
                GROUP BY dump_id
            )
        )[dump_id],
        number + 1
    ),
    'zone ' || number
);

CREATE OR REPLACE VIEW live_stacks AS
SELECT
    dump,
    dump_id,
    stack_id,
    owner,
    subsystem,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    any_value(stack) AS stack
FROM live_allocations
GROUP BY dump, dump_id, stack_id, owner, subsystem;

CREATE OR REPLACE MACRO grown(old, new) AS TABLE
SELECT
    n.stack_id,
    n.owner,
    n.subsystem,
    coalesce(o.bytes, 0) AS old_bytes,
    n.bytes AS new_bytes,
    n.bytes - coalesce(o.bytes, 0) AS delta_bytes,
    n.records - coalesce(o.records, 0) AS delta_records,
    n.stack
FROM (FROM live_stacks WHERE dump = known_label(new)) n
LEFT JOIN (FROM live_stacks WHERE dump = known_label(old)) o ON o.stack_id = n.stack_id
WHERE n.bytes > coalesce(o.bytes, 0)
ORDER BY delta_bytes DESC, n.stack_id;

CREATE OR REPLACE MACRO callers_of(f) AS TABLE
SELECT
    s.dump,
    coalesce(c.base_function, '(none)') AS caller,
    c.module,
    sum(s.records)::BIGINT AS records,
    sum(s.pages)::BIGINT AS pages,
    sum(s.bytes)::BIGINT AS bytes
FROM (
    SELECT stack_id, min(pos) AS pos
    FROM frames
    WHERE base_function = f OR function = f
    GROUP BY stack_id
) called
JOIN live_stacks s ON s.stack_id = called.stack_id
LEFT JOIN frames c ON c.stack_id = called.stack_id AND c.pos = called.pos + 1
GROUP BY s.dump, c.base_function, c.module
ORDER BY bytes DESC, s.dump, caller, c.module;

CREATE OR REPLACE MACRO in_range(a, b) AS TABLE
SELECT *
FROM live_allocations
WHERE pfn <= b AND pfn + pages > a
ORDER BY dump_id, pfn, ord;
