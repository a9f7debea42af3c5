-- The texts of the batch as numbers.
CREATE OR REPLACE TEMP TABLE load_hashes AS
SELECT ord, hash(text[1]) AS header, hash(text[3]) AS page_state, hash(text[4]) AS rest
FROM batch
