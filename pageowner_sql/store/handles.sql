-- Which stack a handle stands for, where another dump of the same boot shows both. Derived, never stored:
-- what is loaded or removed later counts at once.

CREATE OR REPLACE MACRO of_one_boot(boot, other_boot, times, other_times) AS
    CASE
        WHEN boot IS NOT NULL AND other_boot IS NOT NULL THEN boot = other_boot
        WHEN times IS NOT NULL AND other_times IS NOT NULL
            THEN 2 * len(list_intersect(times, other_times)) >= least(len(times), len(other_times))
        WHEN boot IS NOT NULL OR other_boot IS NOT NULL THEN false
    END;
COMMENT ON MACRO of_one_boot IS 'Whether two dumps are of one boot, by --boot, else by their oldest allocations; NULL where nothing tells.';

CREATE OR REPLACE VIEW handle_dumps AS
SELECT
    d.dump_id,
    d.boot_id,
    concat_ws(chr(0), d.host, '', d.kernel) AS machine,
    o.times,
    list_contains(d.fields, 'stack') AS shows_stacks
FROM dumps d
LEFT JOIN oldest_allocations o ON o.dump_id = d.dump_id
WHERE list_contains(d.fields, 'handle');
COMMENT ON VIEW handle_dumps IS 'The dumps that print handles, and what tells their boot.';
COMMENT ON COLUMN handle_dumps.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN handle_dumps.boot_id IS 'As dumps.boot_id.';
COMMENT ON COLUMN handle_dumps.machine IS 'Host and kernel, as given.';
COMMENT ON COLUMN handle_dumps.times IS 'As oldest_allocations.times; NULL where the dump has no times.';
COMMENT ON COLUMN handle_dumps.shows_stacks IS 'It prints stacks too: others can take theirs from it.';

-- A dump without stacks, and each one that may lend it some. Where nothing tells whether the two are of one
-- boot, it lends only if no dump with handles is known to be of another.
CREATE OR REPLACE VIEW handle_lenders AS
WITH pairs AS (
    SELECT
        t.dump_id,
        l.dump_id AS lender_id,
        of_one_boot(t.boot_id, l.boot_id, t.times, l.times) AS one_boot
    FROM handle_dumps t
    JOIN handle_dumps l ON l.shows_stacks AND l.machine = t.machine
    WHERE NOT t.shows_stacks
),
strangers AS (
    SELECT DISTINCT a.machine
    FROM handle_dumps a
    JOIN handle_dumps b ON b.machine = a.machine
    WHERE NOT of_one_boot(a.boot_id, b.boot_id, a.times, b.times)
)
SELECT p.dump_id, p.lender_id, p.one_boot IS NOT NULL AS is_sure
FROM pairs p
JOIN handle_dumps t ON t.dump_id = p.dump_id
WHERE p.one_boot OR (p.one_boot IS NULL AND t.machine NOT IN (SELECT machine FROM strangers));
COMMENT ON VIEW handle_lenders IS 'Which dumps lend their stacks to a dump that has handles alone.';
COMMENT ON COLUMN handle_lenders.dump_id IS 'The dump without stacks: joins dumps.dump_id.';
COMMENT ON COLUMN handle_lenders.lender_id IS 'The dump with stacks: joins dumps.dump_id.';
COMMENT ON COLUMN handle_lenders.is_sure IS 'They are known to be of one boot; else nothing speaks against it.';

CREATE OR REPLACE VIEW handle_stacks AS
SELECT t.dump_id, t.handle, t.stack_id
FROM rests t
JOIN stacks s ON s.stack_id = t.stack_id
WHERE t.handle IS NOT NULL AND s.depth > 0
UNION
SELECT c.dump_id, c.handle, c.stack_id
FROM stack_counts c
JOIN stacks s ON s.stack_id = c.stack_id
WHERE c.handle IS NOT NULL AND s.depth > 0;
COMMENT ON VIEW handle_stacks IS 'The handles and stacks that dumps show side by side.';
COMMENT ON COLUMN handle_stacks.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN handle_stacks.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN handle_stacks.stack_id IS 'Joins stacks.stack_id.';

-- A handle with two stacks stays unknown; and such a one proves that who only may be of this boot is not.
CREATE OR REPLACE VIEW known_handles AS
WITH lent AS (
    SELECT l.dump_id, h.handle, h.stack_id, l.is_sure
    FROM handle_lenders l
    JOIN handle_stacks h ON h.dump_id = l.lender_id
),
contradicted AS (
    SELECT DISTINCT dump_id
    FROM (SELECT dump_id, handle FROM lent GROUP BY dump_id, handle HAVING count(DISTINCT stack_id) > 1)
)
SELECT dump_id, handle, min(stack_id) AS stack_id
FROM lent
WHERE is_sure OR dump_id NOT IN (SELECT dump_id FROM contradicted)
GROUP BY dump_id, handle
HAVING count(DISTINCT stack_id) = 1;
COMMENT ON VIEW known_handles IS 'What the handles of a dump stand for, as other dumps of its boot show.';
COMMENT ON COLUMN known_handles.dump_id IS 'The dump that has handles alone: joins dumps.dump_id.';
COMMENT ON COLUMN known_handles.handle IS 'Stack depot handle, within one boot.';
COMMENT ON COLUMN known_handles.stack_id IS 'Joins stacks.stack_id.';

CREATE OR REPLACE VIEW known_rests AS
SELECT t.* REPLACE (coalesce(k.stack_id, t.stack_id) AS stack_id)
FROM rests t
LEFT JOIN known_handles k ON k.dump_id = t.dump_id AND k.handle = t.handle;
COMMENT ON VIEW known_rests IS 'Table rests, with the stacks of handles that are known from other dumps. Those that stay unknown have a stack that says so.';
COMMENT ON COLUMN known_rests.rest_id IS 'Joins records.rest_id.';
COMMENT ON COLUMN known_rests.dump_id IS 'Joins dumps.dump_id.';
COMMENT ON COLUMN known_rests.raw IS 'The text.';
COMMENT ON COLUMN known_rests.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN known_rests.handle IS 'As rests.handle.';
COMMENT ON COLUMN known_rests.migrate_reason IS 'As rests.migrate_reason.';
COMMENT ON COLUMN known_rests.slab IS 'As rests.slab.';
COMMENT ON COLUMN known_rests.memcg IS 'As rests.memcg.';
COMMENT ON COLUMN known_rests.memcg_offline IS 'As rests.memcg_offline.';
COMMENT ON COLUMN known_rests.memcg_objcg IS 'As rests.memcg_objcg.';
COMMENT ON COLUMN known_rests.extra IS 'As rests.extra.';
COMMENT ON COLUMN known_rests.by_module IS 'As rests.by_module.';
COMMENT ON COLUMN known_rests.plain IS 'As rests.plain.';
COMMENT ON COLUMN known_rests.c_vmalloc IS 'As rests.c_vmalloc.';
