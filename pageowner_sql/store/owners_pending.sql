-- Ranges of stacks that have no owner yet, of about $frames frames each.
SELECT min(stack_id) AS first, max(stack_id) AS last
FROM (
    SELECT stack_id, sum(depth + 1) OVER (ORDER BY stack_id) // $frames AS part
    FROM stacks
    ANTI JOIN stack_owners USING (stack_id)
)
GROUP BY part
ORDER BY first
