-- As texts_new.sql, told apart by themselves.
SELECT t.kind, hash(t.raw) AS h, t.raw
FROM load_texts k
RIGHT JOIN (
    SELECT kind, raw, min(ord) AS ord
    FROM (
        SELECT 1 AS kind, header AS raw, ord FROM load_groups
        UNION ALL
        SELECT 3, page_state, ord FROM load_groups
        UNION ALL
        SELECT 4, rest, ord FROM load_groups
    )
    GROUP BY ALL
) t ON t.kind = k.kind AND t.raw = k.raw
WHERE k.h IS NULL
ORDER BY t.kind, t.ord
