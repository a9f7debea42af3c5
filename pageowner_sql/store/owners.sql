-- Whose memory each stack is: every stack without a row in stack_owners gets one.
-- Patterns meet each distinct function once, so the cost is that of the names, not of the frames.
INSERT INTO stack_owners BY NAME
WITH pending AS MATERIALIZED (
    SELECT stack_id FROM stacks ANTI JOIN stack_owners USING (stack_id)
),
named AS (
    SELECT
        stack_id,
        pos,
        coalesce(base_function, '0x' || lower(to_hex(address)), '(no symbol)') AS function,
        -- The kernel itself goes by the name of its image, in rules as here.
        coalesce(module, 'vmlinux') AS module
    FROM frames
    SEMI JOIN pending USING (stack_id)
    -- The end marker of old kernels' stacks, 64 and 32 bits wide, is no frame.
    WHERE coalesce(address NOT IN (18446744073709551615, 4294967295), true)
),
functions AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY function, module) AS function_id, function, module
    FROM (SELECT DISTINCT function, module FROM named)
),
spots AS MATERIALIZED (
    SELECT stack_id, pos, function_id FROM named JOIN functions USING (function, module)
),
-- The patterns that a function meets; whether the rule applies is for its other parts to say.
hits AS MATERIALIZED (
    -- Patterns with a literal beginning, nearly all, are hashed by it; the others meet every name.
    SELECT function_id, rule_id, part
    FROM functions
    JOIN owner_rules ON left(function, 3) = left(pattern, 3) AND function GLOB pattern
    WHERE part <> 'module'
    UNION
    SELECT function_id, rule_id, part
    FROM functions
    JOIN (
        FROM owner_rules WHERE part <> 'module' AND regexp_matches(left(pattern, 3), '[*?]')
    ) AS loose ON function GLOB loose.pattern
    UNION
    SELECT function_id, rule_id, part
    FROM functions
    JOIN owner_rules ON module = pattern OR (module <> 'vmlinux' AND module GLOB pattern)
    WHERE part = 'module'
),
rules AS MATERIALIZED (
    SELECT
        rule_id,
        any_value(kind) AS kind,
        any_value(name) AS name,
        any_value(role) AS role,
        count(DISTINCT part) AS parts,
        bool_and(part IN ('owner', 'module')) AS on_owner_alone
    FROM owner_rules
    GROUP BY rule_id
),
-- Rules that one frame decides by itself: all frame rules, and subsystem rules about the owner alone.
settled AS (
    SELECT function_id, rule_id, any_value(kind) AS kind, any_value(role) AS role
    FROM hits
    JOIN rules USING (rule_id)
    WHERE kind = 'frame' OR on_owner_alone
    GROUP BY function_id, rule_id
    HAVING count(*) = any_value(parts)
),
roles AS MATERIALIZED (
    SELECT function_id, min(rule_id) AS rule_id, arg_min(role, rule_id) AS role
    FROM settled
    WHERE kind = 'frame'
    GROUP BY function_id
),
ranked AS MATERIALIZED (
    SELECT stack_id, pos, function_id, coalesce(role, 'owner') AS role
    FROM spots
    LEFT JOIN roles USING (function_id)
),
ends AS MATERIALIZED (
    SELECT
        stack_id,
        min(pos) FILTER (role = 'owner') AS first_owner,
        min(pos) FILTER (role = 'boundary') AS boundary,
        max(pos) AS outermost,
        coalesce(boundary, outermost + 1) AS edge
    FROM ranked
    GROUP BY stack_id
),
-- Only stacks without a better frame inside the boundary need their outermost helper.
helped AS (
    SELECT stack_id, max(pos) AS helper
    FROM ranked
    JOIN ends USING (stack_id)
    WHERE role = 'helper' AND pos < edge AND coalesce(first_owner > edge, true)
    GROUP BY stack_id
),
chosen AS (
    SELECT
        stack_id,
        edge,
        CASE
            WHEN first_owner < edge THEN first_owner
            ELSE coalesce(helper, boundary, outermost)
        END AS pos,
        CASE
            WHEN first_owner < edge THEN 'first'
            WHEN helper IS NOT NULL THEN 'helper'
            WHEN boundary IS NOT NULL THEN 'boundary'
            ELSE 'plumbing'
        END AS owner_by
    FROM ends
    LEFT JOIN helped USING (stack_id)
),
owned AS MATERIALIZED (
    SELECT stack_id, pos, edge, owner_by, function_id FROM chosen JOIN spots USING (stack_id, pos)
),
evidence AS (
    SELECT stack_id, rule_id, part
    FROM owned
    JOIN hits USING (function_id)
    WHERE part IN ('owner', 'module')
    UNION
    SELECT stack_id, rule_id, part
    FROM owned
    JOIN spots USING (stack_id)
    JOIN hits ON hits.function_id = spots.function_id
    WHERE (part = 'via' AND spots.pos <= owned.pos) OR (part = 'frame' AND spots.pos <= edge)
),
matched AS MATERIALIZED (
    SELECT stack_id, min(rule_id) AS rule_id
    FROM (
        SELECT stack_id, rule_id
        FROM evidence
        JOIN rules USING (rule_id)
        WHERE kind = 'subsystem'
        GROUP BY stack_id, rule_id
        HAVING count(*) = any_value(parts)
    )
    GROUP BY stack_id
),
-- An owner that no rule knows belongs where the nearest known frame outside it belongs.
nearest AS (
    SELECT stack_id, min((spots.pos, settled.rule_id, spots.function_id)) AS found
    FROM owned
    ANTI JOIN matched USING (stack_id)
    JOIN spots USING (stack_id)
    JOIN settled ON settled.function_id = spots.function_id
    WHERE settled.kind = 'subsystem' AND spots.pos > owned.pos AND spots.pos < edge
    GROUP BY stack_id
),
placed AS (
    SELECT stack_id, rule_id, pos, function_id FROM matched JOIN owned USING (stack_id)
    UNION ALL
    SELECT stack_id, found[2], found[1], found[3] FROM nearest
)
SELECT
    pending.stack_id,
    coalesce(functions.function, '(no stack)') AS owner,
    owned.pos AS owner_pos,
    nullif(functions.module, 'vmlinux') AS owner_module,
    CASE
        WHEN owned.pos IS NULL THEN '(no stack)'
        ELSE coalesce(replace(rules.name, '{module}', placed_in.module), 'other')
    END AS subsystem,
    coalesce(owned.owner_by, 'none') AS owner_by,
    own_role.rule_id AS owner_rule,
    inner_role.rule_id AS plumbing_rule,
    placed.rule_id AS subsystem_rule,
    placed.pos AS subsystem_pos
FROM pending
LEFT JOIN owned ON owned.stack_id = pending.stack_id
LEFT JOIN functions ON functions.function_id = owned.function_id
LEFT JOIN placed ON placed.stack_id = pending.stack_id
LEFT JOIN functions AS placed_in ON placed_in.function_id = placed.function_id
LEFT JOIN rules ON rules.rule_id = placed.rule_id
LEFT JOIN roles AS own_role ON own_role.function_id = owned.function_id
LEFT JOIN spots AS inside ON inside.stack_id = owned.stack_id AND inside.pos = owned.pos - 1
LEFT JOIN roles AS inner_role ON inner_role.function_id = inside.function_id
