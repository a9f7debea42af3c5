-- The digests that are asked for, which are few, are the side that is built on.
SELECT digest, stack_id
FROM load_stacks
SEMI JOIN asked_stacks USING (digest)
