-- How many stacks the old dumps have, and how many of these the new ones have too.
SELECT
    count(DISTINCT stack_id),
    count(DISTINCT stack_id) FILTER (
        WHERE stack_id IN (SELECT stack_id FROM rests WHERE dump_id IN $new)
    )
FROM rests
WHERE dump_id IN $old
