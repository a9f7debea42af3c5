-- The numbers of stacks that left memory, by a digest of 128 bits: nobody can make two stacks with one digest.
CREATE OR REPLACE TEMP TABLE load_stacks AS
SELECT unhex(left(sha256(text), 32)) AS digest, stack_id FROM stacks;
