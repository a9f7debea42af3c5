-- The texts of the groups that are new in this load, told apart by their hashes. The few texts of
-- the groups are the side that is built on, whatever there is in load_texts.
SELECT t.kind, t.h, t.raw
FROM load_texts k
RIGHT JOIN (
    SELECT kind, hash(raw) AS h, arg_min(raw, ord) AS raw, min(ord) AS ord
    FROM (
        SELECT 1 AS kind, header AS raw, ord FROM load_groups
        UNION ALL
        SELECT 3, page_state, ord FROM load_groups
        UNION ALL
        SELECT 4, rest, ord FROM load_groups
    )
    GROUP BY ALL
) t ON t.kind = k.kind AND t.h = k.h
WHERE k.h IS NULL
ORDER BY t.kind, t.ord
