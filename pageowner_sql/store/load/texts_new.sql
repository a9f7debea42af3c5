-- The texts of the groups that are new in this load, told apart by their hashes.
SELECT 1 AS kind, h, arg_min(raw, ord) AS raw, min(ord) AS ord
FROM (SELECT hash(header) AS h, header AS raw, ord FROM load_groups) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 1) k USING (h)
GROUP BY h
UNION ALL
SELECT 3, h, arg_min(raw, ord), min(ord)
FROM (SELECT hash(page_state) AS h, page_state AS raw, ord FROM load_groups) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 3) k USING (h)
GROUP BY h
UNION ALL
SELECT 4, h, arg_min(raw, ord), min(ord)
FROM (SELECT hash(rest) AS h, rest AS raw, ord FROM load_groups) b
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 4) k USING (h)
GROUP BY h
ORDER BY kind, ord
