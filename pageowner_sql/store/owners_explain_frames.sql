-- The frames of one stack, innermost first, each with the frame rule that gave it its role.
WITH spots AS (
    SELECT
        pos,
        coalesce(base_function, '0x' || lower(to_hex(address)), '(no symbol)') AS function,
        module,
        coalesce(module, 'vmlinux') AS home
    FROM frames
    WHERE stack_id = $stack_id
),
met AS (
    SELECT pos, rule_id
    FROM spots
    JOIN owner_rules ON kind = 'frame' AND (
        (part = 'function' AND function GLOB pattern)
        OR (part = 'module' AND (home = pattern OR (home <> 'vmlinux' AND home GLOB pattern)))
    )
    GROUP BY pos, rule_id
    HAVING count(DISTINCT part) = 2
),
first_met AS (
    SELECT pos, min(rule_id) AS rule_id FROM met GROUP BY pos
),
rules AS (
    SELECT DISTINCT rule_id, name, role, source, note FROM owner_rules WHERE kind = 'frame'
)
SELECT
    pos,
    function,
    module,
    coalesce(role, 'owner') AS role,
    name AS rule,
    source,
    note,
    coalesce(pos = owner_pos, false) AS is_owner
FROM spots
LEFT JOIN first_met USING (pos)
LEFT JOIN rules USING (rule_id)
LEFT JOIN stack_owners ON stack_owners.stack_id = $stack_id
ORDER BY pos
