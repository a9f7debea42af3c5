-- The stacks of a dump with a digest of their text, which is the same on all machines.
SELECT
    k.stack_key,
    any_value(k.function_key) AS function_key,
    any_value(coalesce(o.owner, '')) AS owner,
    any_value(o.owner_module) AS owner_module,
    any_value(coalesce(o.subsystem, '')) AS subsystem,
    any_value(k.stack) AS stack,
    any_value(k.function_stack) AS function_stack
FROM stack_keys k
LEFT JOIN stack_owners o ON o.stack_id = k.stack_id
GROUP BY k.stack_key
ORDER BY k.stack_key
