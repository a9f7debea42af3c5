-- Few digests are asked for, so the join builds its hash table of them.
SELECT digest, id
FROM load_texts
SEMI JOIN asked USING (digest)
WHERE kind = $kind
