SELECT
    unnest(ords) AS ord,
    CASE
        WHEN header_id IS NULL THEN 'the header cannot be read'
        WHEN page_state_id IS NULL THEN 'the PFN line is not whole'
        ELSE 'another record begins in it without an empty line before'
    END AS reason
FROM load_matched
WHERE same AND (header_id IS NULL OR page_state_id IS NULL OR rest_id IS NULL)
