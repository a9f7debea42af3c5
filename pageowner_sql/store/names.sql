-- The completions of SQL names, with their comments.
SELECT name, kind, comment
FROM (
    SELECT table_name AS name, 'table' AS kind, comment, 1 AS rank
    FROM duckdb_tables()
    WHERE NOT internal
    UNION ALL
    SELECT view_name, 'view', comment, 0
    FROM duckdb_views()
    WHERE NOT internal
    UNION ALL
    SELECT function_name, 'macro', comment, 2
    FROM duckdb_functions()
    WHERE NOT internal
    UNION ALL
    SELECT
        column_name,
        'column of ' || min(table_name),
        -- If several columns have one name, the comment in live_allocations explains it best.
        coalesce(min(comment) FILTER (table_name = 'live_allocations'), min(comment)),
        3
    FROM duckdb_columns()
    WHERE NOT internal
    GROUP BY column_name
    UNION ALL
    SELECT upper(keyword_name), 'keyword', NULL, 4
    FROM duckdb_keywords()
    UNION ALL
    SELECT DISTINCT function_name, 'function', NULL, 5
    FROM duckdb_functions()
    WHERE internal AND regexp_full_match(function_name, '[a-z]\w+')
)
ORDER BY rank, name, kind
