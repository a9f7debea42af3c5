-- Texts with the hashes that are asked for, some others with the same among them. The hashes, which
-- are few, are the side that is built on, whatever there is in load_texts.
SELECT k.raw, k.id
FROM load_texts k
SEMI JOIN asked a ON a.h = k.h
WHERE k.kind = $kind
