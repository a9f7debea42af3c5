SELECT
    b.ord,
    CASE WHEN h.good THEN 'the PFN line is not whole' ELSE 'the header cannot be read' END
FROM (SELECT ord, hash(text[1]) AS header, hash(text[3]) AS page_state FROM batch) b
LEFT JOIN (SELECT h, good FROM load_texts WHERE kind = 1) h ON h.h = b.header
LEFT JOIN (SELECT h, good FROM load_texts WHERE kind = 3) p ON p.h = b.page_state
WHERE NOT (h.good AND p.good)
ORDER BY b.ord
