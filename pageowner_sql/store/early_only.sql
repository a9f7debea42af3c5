-- Whether a dump has no stack but that of early boot although its pages are younger.
SELECT
    (SELECT count(DISTINCT stack_id) BETWEEN 1 AND 4 FROM rests WHERE dump_id = $dump_id)
    AND EXISTS (SELECT 1 FROM headers WHERE dump_id = $dump_id AND gfp_mask <> 0)
    AND NOT EXISTS (
        SELECT 1
        FROM rests t
        ANTI JOIN early_stacks e ON e.stack_id = t.stack_id
        WHERE t.dump_id = $dump_id
    )
