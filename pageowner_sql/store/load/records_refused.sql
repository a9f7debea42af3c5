SELECT
    ord,
    CASE
        WHEN NOT good_header THEN 'the header cannot be read'
        WHEN NOT good_page_state THEN 'the PFN line is not whole'
        ELSE 'another record begins in it without an empty line before'
    END
FROM load_matched
WHERE NOT good
ORDER BY ord
