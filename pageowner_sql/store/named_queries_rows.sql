INSERT INTO named_queries BY NAME
SELECT
    unnest($name::VARCHAR[]) AS name,
    unnest($theme::VARCHAR[]) AS theme,
    unnest($title::VARCHAR[]) AS title,
    unnest($question::VARCHAR[]) AS question,
    unnest($description::VARCHAR[]) AS description,
    unnest($about::VARCHAR[]) AS about,
    unnest($needs::VARCHAR[][]) AS needs,
    unnest($parameters::STRUCT(name VARCHAR, type VARCHAR, help VARCHAR)[][]) AS parameters,
    unnest($columns::STRUCT(name VARCHAR, type VARCHAR, meaning VARCHAR)[][]) AS columns,
    unnest($sql::VARCHAR[]) AS sql,
    unnest($file::VARCHAR[]) AS file
