-- Which stack a handle stands for, where another dump of the same boot shows both. Derived, never stored:
-- what is loaded or removed later counts at once.

CREATE OR REPLACE MACRO of_one_boot(boot, other_boot, times, other_times) AS
    CASE
        WHEN boot IS NOT NULL AND other_boot IS NOT NULL THEN boot = other_boot
        WHEN times IS NOT NULL AND other_times IS NOT NULL
            THEN 2 * len(list_intersect(times, other_times)) >= least(len(times), len(other_times))
        WHEN boot IS NOT NULL OR other_boot IS NOT NULL THEN false
    END;

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

-- A handle with two stacks stays unknown. It proves that a dump which may be of this boot is of another.
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

CREATE OR REPLACE VIEW known_rests AS
SELECT t.* REPLACE (coalesce(k.stack_id, t.stack_id) AS stack_id)
FROM rests t
LEFT JOIN known_handles k ON k.dump_id = t.dump_id AND k.handle = t.handle;
