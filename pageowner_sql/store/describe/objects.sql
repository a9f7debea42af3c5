-- Tables, views and macros with their comments. The comment of what only the program reads begins
-- with "Internal:"; it is listed only with $everything.
SELECT name, kind, comment
FROM (
    SELECT table_name AS name, 'table' AS kind, comment, temporary
    FROM duckdb_tables()
    WHERE NOT internal AND database_name IN (current_database(), 'temp')
    UNION ALL
    SELECT view_name, 'view', comment, temporary
    FROM duckdb_views()
    WHERE NOT internal AND database_name IN (current_database(), 'temp')
    UNION ALL
    SELECT
        function_name || '(' || array_to_string(parameters, ', ') || ')',
        CASE function_type WHEN 'table_macro' THEN 'table macro' ELSE 'macro' END,
        comment,
        database_name = 'temp'
    FROM duckdb_functions()
    WHERE NOT internal AND database_name IN (current_database(), 'temp')
)
WHERE $everything OR coalesce(comment, '') NOT LIKE 'Internal: %'
ORDER BY kind = 'table', kind = 'macro', kind, name
