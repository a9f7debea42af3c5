/*+++
title = "Memory by subsystem rule"
description = """
The first rule whose conditions are all true applies; `explain STACK` shows it for one stack. A row without a rule is
memory that no rule matches.
"""
question = "Which rules assign memory to subsystems?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
subsystem = "VARCHAR: the subsystem that the rule assigns."
rule_id = "INTEGER: joins owner_rules.rule_id; NULL without a rule."
source = "VARCHAR: built-in, or the file of the rule."
stacks = "BIGINT: stacks of the dump that the rule matches."
owners = "BIGINT: owners of these stacks."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    a.subsystem,
    o.subsystem_rule AS rule_id,
    r.source,
    count(DISTINCT a.stack_id) AS stacks,
    count(DISTINCT a.owner) AS owners,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM live_allocations a
JOIN stack_owners o ON o.stack_id = a.stack_id
LEFT JOIN (SELECT DISTINCT rule_id, source FROM owner_rules) r ON r.rule_id = o.subsystem_rule
WHERE a.dump = $dump
GROUP BY a.subsystem, o.subsystem_rule, r.source
ORDER BY bytes DESC, a.subsystem, rule_id
