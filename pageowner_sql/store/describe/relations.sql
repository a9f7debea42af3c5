-- The names of this database's tables and views, in lower case.
SELECT lower(table_name) FROM duckdb_tables() WHERE NOT internal
UNION
SELECT lower(view_name) FROM duckdb_views() WHERE NOT internal
ORDER BY 1
