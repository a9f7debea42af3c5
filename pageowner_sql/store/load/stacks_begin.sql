-- The numbers of the stacks that are not at hand. Digests of 128 bits: nobody can make two stacks of one.
CREATE OR REPLACE TEMP TABLE load_stacks AS
SELECT unhex(left(sha256(text), 32)) AS digest, stack_id FROM stacks;
