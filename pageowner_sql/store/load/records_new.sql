-- A record is its numbers and the ids of its texts.
INSERT INTO records BY NAME
SELECT $dump_id AS dump_id, * FROM batch
