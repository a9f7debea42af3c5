-- What was decided about one stack, and the subsystem rule that decided.
SELECT
    owner,
    owner_module,
    owner_by,
    subsystem,
    any_value(name) AS rule,
    any_value(source) AS source,
    any_value(note) AS note
FROM stack_owners
LEFT JOIN owner_rules ON rule_id = subsystem_rule
WHERE stack_id = $stack_id
GROUP BY owner, owner_module, owner_by, subsystem
