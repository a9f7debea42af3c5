-- Why a stack has its owner and its subsystem. The macro uses the rules that stack_owners was derived with.

CREATE OR REPLACE MACRO explain_stack(stack) AS TABLE
WITH spots AS (
    SELECT
        pos,
        coalesce(base_function, '0x' || lower(to_hex(address)), '(no symbol)') AS function,
        module,
        -- The kernel itself goes by the name of its image in rules.
        coalesce(module, 'vmlinux') AS home
    FROM frames
    WHERE stack_id = stack
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
    SELECT DISTINCT rule_id, name, role, source, note FROM owner_rules
),
roles AS (
    SELECT s.*, coalesce(r.role, 'owner') AS role, r.name AS rule, r.source, r.note
    FROM spots s
    LEFT JOIN first_met f ON f.pos = s.pos
    LEFT JOIN rules r ON r.rule_id = f.rule_id
),
decided AS (
    SELECT
        o.*,
        r.name AS subsystem_rule_name,
        r.source AS subsystem_source,
        r.note AS subsystem_note,
        (SELECT min(pos) FROM roles WHERE role = 'boundary') AS edge
    FROM stack_owners o
    LEFT JOIN rules r ON r.rule_id = o.subsystem_rule
    WHERE o.stack_id = stack
),
-- The frames that met a part of the subsystem rule that decided.
evidence AS (
    SELECT pos, string_agg(part || ' ' || pattern, ', ' ORDER BY part) AS met
    FROM (
        SELECT s.pos, p.part, min(p.pattern) AS pattern
        FROM decided d
        JOIN owner_rules p ON p.rule_id = d.subsystem_rule
        JOIN spots s ON
            CASE p.part
                WHEN 'module' THEN
                    s.home = p.pattern OR (s.home <> 'vmlinux' AND s.home GLOB p.pattern)
                ELSE s.function GLOB p.pattern
            END
            AND CASE p.part
                WHEN 'via' THEN s.pos <= d.owner_pos
                WHEN 'frame' THEN s.pos <= coalesce(d.edge, s.pos)
                ELSE s.pos = d.subsystem_pos
            END
        GROUP BY s.pos, p.part
    )
    GROUP BY pos
)
SELECT
    r.pos,
    r.function,
    coalesce(r.module, CASE WHEN r.pos IS NOT NULL THEN 'vmlinux' END) AS module,
    r.role,
    r.rule,
    coalesce(r.pos = d.owner_pos, false) AS is_owner,
    e.met AS subsystem_by,
    r.source AS rule_source,
    r.note AS rule_note,
    d.owner,
    d.owner_by,
    d.owner_module,
    d.subsystem,
    d.subsystem_rule_name AS subsystem_rule,
    d.subsystem_source,
    d.subsystem_note,
    d.stack_id
FROM decided d
LEFT JOIN roles r ON true
LEFT JOIN evidence e ON e.pos = r.pos
ORDER BY r.pos;
