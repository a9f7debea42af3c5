-- Where the texts of the batch that are new in this load stand first, told apart by their hashes.
SELECT 1 AS kind, h, min(ord) AS ord
FROM (SELECT hash(text[1]) AS h, ord FROM batch) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 1) k USING (h)
GROUP BY h
UNION ALL
SELECT 3, h, min(ord)
FROM (SELECT hash(text[3]) AS h, ord FROM batch) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 3) k USING (h)
GROUP BY h
UNION ALL
SELECT 4, h, min(ord)
FROM (SELECT hash(text[4]) AS h, ord FROM batch) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 4) k USING (h)
GROUP BY h
ORDER BY kind, ord
