-- The frames of one stack that met a part of the subsystem rule that decided, innermost first.
WITH spots AS (
    SELECT
        pos,
        coalesce(base_function, '0x' || lower(to_hex(address)), '(no symbol)') AS function,
        coalesce(module, 'vmlinux') AS home
    FROM frames
    WHERE stack_id = $stack_id
)
SELECT pos, function, part, min(pattern) AS pattern
FROM stack_owners
JOIN owner_rules ON rule_id = subsystem_rule
JOIN spots ON
    CASE part
        WHEN 'module' THEN home = pattern OR (home <> 'vmlinux' AND home GLOB pattern)
        ELSE function GLOB pattern
    END
WHERE stack_id = $stack_id
    AND CASE part
        WHEN 'via' THEN pos <= owner_pos
        WHEN 'frame' THEN pos <= $edge
        ELSE pos = subsystem_pos
    END
GROUP BY pos, function, part
ORDER BY pos, part
