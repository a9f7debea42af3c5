-- How many records of the groups have a text that is no good.
SELECT coalesce(sum(times), 0)::BIGINT
FROM load_matched
WHERE same AND (header_id IS NULL OR page_state_id IS NULL OR rest_id IS NULL)
