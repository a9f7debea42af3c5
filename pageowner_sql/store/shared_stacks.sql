-- How many stacks the old dumps have, and how many of these the new ones have too.
WITH held AS (
    SELECT dump_id, stack_id FROM known_rests
    UNION ALL
    SELECT dump_id, stack_id FROM summaries WHERE stack_id IS NOT NULL
)
SELECT
    count(DISTINCT stack_id),
    count(DISTINCT stack_id) FILTER (
        WHERE stack_id IN (SELECT stack_id FROM held WHERE dump_id IN $new)
    )
FROM held
WHERE dump_id IN $old
