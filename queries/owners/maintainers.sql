/*+++
title = "Owners whose subsystem and MAINTAINERS entry disagree"
description = """
Each subsystem of the ownership rules is held against the entry of MAINTAINERS that most of its bytes are in. A row is an
owner of that subsystem whose source file is in other entries only. Needs source lines and MAINTAINERS: `symbols add`.
"""
question = "Where do the ownership rules and the kernel's own map differ?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
subsystem = "VARCHAR: the subsystem, by the ownership rules."
usual_entry = "VARCHAR: the entry that most bytes of this subsystem are in."
owner = "VARCHAR: the function that owns the memory."
file = "VARCHAR: its source file."
entry = "VARCHAR: the entry that names this file most closely."
records = "BIGINT: allocations."
bytes = "BIGINT: pages times the dump's page size, bytes."
+++*/
WITH owned AS (
    SELECT
        a.subsystem,
        a.owner,
        m.file,
        m.entry,
        count(*) AS records,
        sum(a.bytes)::BIGINT AS bytes
    FROM live_allocations a
    JOIN stack_maintainers m ON m.stack_id = a.stack_id
    WHERE a.dump = $dump
    GROUP BY a.subsystem, a.owner, m.file, m.entry
),
usual AS (
    SELECT subsystem, arg_max(entry, (bytes, entry)) AS usual_entry
    FROM (SELECT subsystem, entry, sum(bytes) AS bytes FROM owned GROUP BY subsystem, entry)
    GROUP BY subsystem
)
SELECT o.subsystem, u.usual_entry, o.owner, o.file, o.entry, o.records, o.bytes
FROM owned o
JOIN usual u ON u.subsystem = o.subsystem
ANTI JOIN maintained_files m ON m.file = o.file AND m.entry = u.usual_entry
ORDER BY o.bytes DESC, o.subsystem, o.owner, o.file
