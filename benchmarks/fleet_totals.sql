-- The rows of table dumps for a day, with the sums of their groups.
SELECT d.*, coalesce(s.records, 0) AS records, coalesce(s.pages, 0) AS pages,
    coalesce(s.pages, 0) * 4096 AS bytes
FROM day_dumps d
LEFT JOIN sums s ON s.dump_id = d.dump_id
ORDER BY d.dump_id
