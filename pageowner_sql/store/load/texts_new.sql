-- Where the texts of the batch that are new in this load stand first, told apart by their hashes.
SELECT 1 AS kind, header AS h, min(ord) AS ord
FROM load_hashes
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 1) k ON k.h = header
GROUP BY header
UNION ALL
SELECT 3, page_state, min(ord)
FROM load_hashes
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 3) k ON k.h = page_state
GROUP BY page_state
UNION ALL
SELECT 4, rest, min(ord)
FROM load_hashes
ANTI JOIN (SELECT h FROM load_texts WHERE kind = 4) k ON k.h = rest
GROUP BY rest
ORDER BY kind, ord
