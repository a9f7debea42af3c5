-- The columns of a table or view, in their order.
SELECT column_name AS "column", data_type AS type, comment
FROM duckdb_columns()
WHERE NOT internal AND table_name = $name AND database_name = current_database()
ORDER BY column_index
