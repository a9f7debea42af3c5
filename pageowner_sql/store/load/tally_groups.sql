INSERT INTO record_groups BY NAME
SELECT $dump_id AS dump_id, * FROM groups
