-- How many page frames begin more than one record. A kernel's file has them in ascending order, so that
-- pieces of it tell whether there can be any, which costs less than a look at every page frame.
WITH pieces AS (
    SELECT min(pfn) AS lowest, max(pfn) AS highest, ord // greatest(1, $records // 4096) AS piece
    FROM records
    WHERE dump_id = $dump_id
    GROUP BY piece
),
falls AS (
    SELECT count(*) AS number
    FROM (SELECT lowest, lag(highest) OVER (ORDER BY piece) AS before FROM pieces)
    WHERE lowest <= before
)
SELECT count(*)
FROM (
    SELECT pfn
    FROM records
    WHERE dump_id = $dump_id AND (SELECT number > 0 FROM falls)
    GROUP BY pfn
    HAVING count(*) > 1
)
