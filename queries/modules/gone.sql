/*+++
title = "Memory of modules that are no longer loaded"
description = """
The dump must have the list of modules, as those of `capture` do; without it there are no rows.
"""
question = "Which removed modules left memory behind?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
module = "VARCHAR: the module, from the innermost frame that is in one."
owner = "VARCHAR: the function that owns the memory."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
SELECT
    a.module,
    a.owner,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes
FROM live_allocations a
WHERE a.dump = $dump
    AND a.module <> 'vmlinux'
    AND a.dump_id IN (SELECT dump_id FROM modules)
    AND a.module NOT IN (SELECT m.module FROM modules m WHERE m.dump_id = a.dump_id)
GROUP BY a.module, a.owner
ORDER BY bytes DESC, a.module, a.owner
