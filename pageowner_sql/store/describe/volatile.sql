-- The functions that give another value each time, or have effects.
SELECT DISTINCT lower(function_name)
FROM duckdb_functions()
WHERE stability = 'VOLATILE'
ORDER BY 1
