SELECT
    ord,
    CASE
        WHEN header IS NULL THEN 'the header cannot be read'
        WHEN page_state IS NULL THEN 'the PFN line is not whole'
        ELSE 'another record begins in it without an empty line before'
    END
FROM load_matched
WHERE same AND (header IS NULL OR page_state IS NULL OR rest IS NULL)
ORDER BY ord
