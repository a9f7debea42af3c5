-- The page_owner dump of the time of a summary of stacks: it has nearly the same pages for these stacks.
-- Its pages in all, and its largest stack that the summary lacks.
WITH this AS (
    SELECT boot_id, host, kernel FROM dumps WHERE dump_id = $dump_id
),
listed AS (
    SELECT stack_id, sum(pages) AS pages FROM summaries WHERE dump_id = $dump_id GROUP BY stack_id
),
candidates AS (
    SELECT d.dump_id
    FROM dumps d
    JOIN this t ON d.boot_id IS NOT DISTINCT FROM t.boot_id
        AND (t.boot_id IS NOT NULL
            OR (d.host IS NOT DISTINCT FROM t.host AND d.kernel IS NOT DISTINCT FROM t.kernel))
    WHERE d.kind = 'page_owner'
),
counted AS (
    SELECT r.dump_id, r.rest_id, sum(1::BIGINT << h."order") AS pages
    FROM records r
    JOIN headers h ON h.header_id = r.header_id
    WHERE r.dump_id IN (SELECT dump_id FROM candidates)
    GROUP BY r.dump_id, r.rest_id
),
held AS MATERIALIZED (
    SELECT c.dump_id, t.stack_id, sum(c.pages) AS pages
    FROM counted c
    JOIN known_rests t ON t.rest_id = c.rest_id
    GROUP BY c.dump_id, t.stack_id
),
fits AS (
    SELECT
        c.dump_id,
        sum(abs(coalesce(h.pages, 0) - l.pages)) AS difference,
        sum(l.pages) AS listed_pages
    FROM candidates c
    CROSS JOIN listed l
    LEFT JOIN held h ON h.dump_id = c.dump_id AND h.stack_id = l.stack_id
    GROUP BY c.dump_id
),
best AS (
    SELECT dump_id
    FROM fits
    WHERE difference <= 0.1 * listed_pages
    ORDER BY difference, dump_id
    LIMIT 1
),
lacking AS (
    SELECT h.stack_id, h.pages
    FROM held h
    JOIN best USING (dump_id)
    WHERE h.stack_id NOT IN (SELECT stack_id FROM listed)
    ORDER BY h.pages DESC, h.stack_id
    LIMIT 1
)
SELECT d.label, d.pages, coalesce(l.pages, 0)::BIGINT, o.owner
FROM best
JOIN dumps d USING (dump_id)
LEFT JOIN lacking l ON true
LEFT JOIN stack_owners o ON o.stack_id = l.stack_id
