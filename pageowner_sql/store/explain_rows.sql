-- The decision about one stack, beside each of its frames.
SELECT
    owner, owner_module, owner_by, subsystem, subsystem_rule, subsystem_source,
    pos, function, role, rule, is_owner, subsystem_by
FROM explain_stack($stack_id)
