-- Texts of the batch that are new in this load get a number, by kind: 1 header, 3 page state, 4 rest.
-- hash() is safe as a key here: it lives for one load only, and where two texts share one, texts are compared.
INSERT INTO load_texts
SELECT
    kind,
    coalesce((SELECT max(id) FROM load_texts o WHERE o.kind = n.kind), 0)
        + row_number() OVER (PARTITION BY kind) AS id,
    h,
    raw,
    true,
    (SELECT count(*) FROM load_texts) + row_number() OVER ()
FROM (
    SELECT c.kind, c.h, c.raw
    FROM (
        SELECT kind, raw, hash(raw) AS h
        FROM (
            SELECT DISTINCT 1 AS kind, text[1] AS raw FROM batch
            UNION ALL
            SELECT DISTINCT 3, text[3] FROM batch
            UNION ALL
            SELECT DISTINCT 4, text[4] FROM batch
        )
    ) c
    ANTI JOIN load_texts k ON k.kind = c.kind AND k.h = c.h AND k.raw = c.raw
) n
