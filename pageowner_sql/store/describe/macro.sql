-- A macro: its parameters, its comment and its definition.
SELECT
    function_name || '(' || array_to_string(parameters, ', ') || ')' AS macro,
    comment,
    macro_definition AS sql
FROM duckdb_functions()
WHERE NOT internal AND function_name = $name AND database_name = current_database()
ORDER BY macro
