INSERT INTO alike BY NAME
SELECT $dump_id AS dump_id, * FROM groups
