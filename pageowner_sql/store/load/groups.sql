-- The batch's records, those once that are alike but for their numbers and times.
SELECT
    text[1] AS header, text[3] AS page_state, text[4] AS rest, layout,
    min(ord) AS ord, list(ord) AS ords
FROM batch
GROUP BY ALL
