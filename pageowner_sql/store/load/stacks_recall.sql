-- Few digests are asked for, so the join builds its hash table of them.
SELECT digest, stack_id
FROM load_stacks
SEMI JOIN asked_stacks USING (digest)
