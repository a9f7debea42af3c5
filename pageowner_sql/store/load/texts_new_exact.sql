-- As texts_new.sql, told apart by themselves.
SELECT b.kind, hash(b.raw) AS h, b.raw, min(b.ord) AS ord
FROM (
    SELECT 1 AS kind, header AS raw, ord FROM load_groups
    UNION ALL
    SELECT 3, page_state, ord FROM load_groups
    UNION ALL
    SELECT 4, rest, ord FROM load_groups
) b
ANTI JOIN load_texts k ON k.kind = b.kind AND k.raw = b.raw
GROUP BY b.kind, b.raw
ORDER BY b.kind, min(b.ord)
