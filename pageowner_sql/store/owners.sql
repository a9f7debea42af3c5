-- Inserts the owner of each stack from $first to $last that has no row in stack_owners. Each distinct
-- function meets only the patterns with its first letters: the cost grows with the names, not the frames.
INSERT INTO stack_owners BY NAME
WITH pending AS MATERIALIZED (
    SELECT stack_id
    FROM stacks
    ANTI JOIN (
        SELECT stack_id FROM stack_owners WHERE stack_id BETWEEN $first AND $last
    ) USING (stack_id)
    WHERE stack_id BETWEEN $first AND $last
),
named AS MATERIALIZED (
    SELECT
        stack_id,
        pos,
        coalesce(base_function, '0x' || lower(to_hex(address)), '(no symbol)') AS function,
        -- The kernel itself goes by the name of its image, in rules as here.
        coalesce(module, 'vmlinux') AS module
    FROM frames
    SEMI JOIN pending USING (stack_id)
    WHERE stack_id BETWEEN $first AND $last
        AND guessed IS NOT true
        -- The end marker of old kernels' stacks, 64 or 32 bits wide, is not a frame.
        AND coalesce(address NOT IN (18446744073709551615, 4294967295), true)
),
functions AS MATERIALIZED (
    SELECT row_number() OVER () AS function_id, function, module
    FROM (SELECT DISTINCT function, module FROM named)
),
spots AS MATERIALIZED (
    SELECT stack_id, pos, function_id FROM named JOIN functions USING (function, module)
),
-- `names`: of how many parts that are names; `of_one_frame`: whether a frame decides it by itself,
-- as it does all frame rules, and subsystem rules about nothing but the owner.
rules AS MATERIALIZED (
    SELECT
        rule_id,
        any_value(kind) AS kind,
        any_value(name) AS name,
        any_value(role) AS role,
        bool_or(part = 'module') AS has_module,
        count(DISTINCT part) FILTER (part <> 'module') AS names,
        bool_and(part IN ('function', 'owner', 'module')) AS of_one_frame
    FROM owner_rules
    GROUP BY rule_id
),
patterns AS MATERIALIZED (
    SELECT
        rule_id,
        part,
        pattern,
        length(regexp_extract(pattern, '^[^*?]*')) AS literal,
        left(pattern, CASE WHEN literal >= 6 THEN 6 WHEN literal >= 3 THEN 3 ELSE 0 END) AS beginning
    FROM owner_rules
    WHERE part <> 'module'
),
-- The patterns that a function meets; whether the rule applies is for its other parts to say.
hits AS MATERIALIZED (
    SELECT DISTINCT function_id, rule_id, part
    FROM (
        SELECT
            function_id, function, unnest([left(function, 6), left(function, 3), '']) AS beginning
        FROM functions
    )
    JOIN patterns USING (beginning)
    WHERE function GLOB pattern
),
-- Modules are not `hits`: nearly all rules are about vmlinux, and nearly all functions are its.
modules AS MATERIALIZED (
    SELECT module, rule_id
    FROM (SELECT DISTINCT module FROM functions)
    JOIN owner_rules ON module = pattern
    WHERE part = 'module'
    UNION
    SELECT module, rule_id
    FROM (SELECT DISTINCT module FROM functions WHERE module <> 'vmlinux')
    JOIN (
        FROM owner_rules WHERE part = 'module' AND regexp_matches(pattern, '[*?]')
    ) AS loose ON module GLOB loose.pattern
),
settled AS MATERIALIZED (
    SELECT function_id, rule_id, kind, role
    FROM hits
    JOIN functions USING (function_id)
    JOIN rules USING (rule_id)
    LEFT JOIN modules USING (rule_id, module)
    WHERE of_one_frame AND (NOT has_module OR modules.rule_id IS NOT NULL)
    UNION ALL
    SELECT function_id, rule_id, kind, role
    FROM functions
    JOIN (FROM modules JOIN rules USING (rule_id) WHERE names = 0) AS whole USING (module)
),
roles AS MATERIALIZED (
    SELECT function_id, min(rule_id) AS rule_id, arg_min(role, rule_id) AS role
    FROM settled
    WHERE kind = 'frame'
    GROUP BY function_id
),
-- The subsystem of a function as an owner, as far as that settles it.
places AS MATERIALIZED (
    SELECT function_id, min(rule_id) AS rule_id
    FROM settled
    WHERE kind = 'subsystem'
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
    SELECT stack_id, pos, edge, owner_by, function_id, module
    FROM chosen
    JOIN spots USING (stack_id, pos)
    JOIN functions USING (function_id)
),
-- What the frames of a stack meet of rules that one frame does not decide.
evidence AS (
    SELECT stack_id, rule_id, part
    FROM owned
    JOIN hits USING (function_id)
    WHERE part = 'owner'
    UNION
    SELECT stack_id, rule_id, part
    FROM spots
    JOIN (FROM hits WHERE part IN ('via', 'frame')) AS afar USING (function_id)
    JOIN owned USING (stack_id)
    WHERE spots.pos <= CASE part WHEN 'via' THEN owned.pos ELSE edge END
),
matched AS MATERIALIZED (
    SELECT stack_id, min(rule_id) AS rule_id
    FROM (
        SELECT stack_id, rule_id FROM owned JOIN places USING (function_id)
        UNION ALL
        SELECT stack_id, rule_id
        FROM (
            SELECT stack_id, rule_id, any_value(has_module) AS has_module
            FROM evidence
            JOIN rules USING (rule_id)
            WHERE NOT of_one_frame
            GROUP BY stack_id, rule_id
            HAVING count(*) = any_value(names)
        )
        JOIN owned USING (stack_id)
        LEFT JOIN modules USING (rule_id, module)
        WHERE NOT has_module OR modules.rule_id IS NOT NULL
    )
    GROUP BY stack_id
),
-- An owner that no rule knows is of the subsystem of the nearest known frame outside it. Helpers are
-- skipped, because they call back the code that they work for.
nearest AS (
    SELECT stack_id, min((ranked.pos, places.rule_id, ranked.function_id)) AS found
    FROM owned
    ANTI JOIN matched USING (stack_id)
    JOIN ranked USING (stack_id)
    JOIN places ON places.function_id = ranked.function_id
    WHERE ranked.pos > owned.pos AND ranked.pos < edge AND role = 'owner'
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
