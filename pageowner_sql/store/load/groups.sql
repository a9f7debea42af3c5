-- The batch's records, those once that are alike but for their numbers and times.
CREATE OR REPLACE TEMP TABLE load_groups AS
SELECT
    text[1] AS header, text[3] AS page_state, text[4] AS rest, layout,
    min(ord) AS ord, list(ord) AS ords
FROM batch
GROUP BY ALL
