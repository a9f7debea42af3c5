/*+++
title = "What each subsystem rule decides"
description = """
The first rule whose parts all hold decides; `explain STACK` shows it of one stack. A row without a rule is what
no rule knows.
"""
question = "Which rules is the account by subsystem made of?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
subsystem = "VARCHAR: what the rule calls it."
rule_id = "INTEGER: joins owner_rules.rule_id; NULL for no rule."
source = "VARCHAR: built-in, or the file of the rule."
stacks = "BIGINT: stacks of the dump that it decides."
owners = "BIGINT: functions that these belong to."
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
