-- The digests that are asked for, which are few, are the side that is built on.
SELECT digest, id
FROM load_texts
SEMI JOIN asked USING (digest)
WHERE kind = $kind
