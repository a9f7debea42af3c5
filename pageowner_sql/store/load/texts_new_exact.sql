-- As texts_new.sql, told apart by themselves.
SELECT b.kind, hash(b.raw) AS h, min(b.ord) AS ord
FROM (
    SELECT 1 AS kind, text[1] AS raw, ord FROM batch
    UNION ALL
    SELECT 3, text[3], ord FROM batch
    UNION ALL
    SELECT 4, text[4], ord FROM batch
) b
ANTI JOIN load_texts k ON k.kind = b.kind AND k.raw = b.raw
GROUP BY b.kind, b.raw
ORDER BY ALL
