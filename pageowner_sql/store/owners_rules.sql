-- The rules as rows: one list a column, one entry a pattern.
INSERT INTO owner_rules BY NAME
SELECT
    unnest($rule_id::INTEGER[]) AS rule_id,
    unnest($source::VARCHAR[]) AS source,
    unnest($kind::VARCHAR[]) AS kind,
    unnest($name::VARCHAR[]) AS name,
    unnest($role::VARCHAR[]) AS role,
    unnest($part::VARCHAR[]) AS part,
    unnest($pattern::VARCHAR[]) AS pattern,
    unnest($note::VARCHAR[]) AS note
