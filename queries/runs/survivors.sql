/*+++
title = "Allocations of one dump that are in a later one"
description = """
An allocation is identified by its time, pid, tgid, stack and order, because its page can move. The identity is not
unique, so allocations are counted: as many of the old ones survive as the new dump has. Allocations without an
identity, mainly those of early boot, have separate rows at the end. Both dumps must be of one boot.
"""
question = "Which memory was not freed between two dumps?"
needs = ["alloc_ts", "stack"]
[params.old]
type = "dump"
help = "The earlier dump."
[params.new]
type = "dump"
help = "A later dump of the same boot."
[params.top]
type = "int"
default = 20
help = "Stacks to return."
[columns]
followed = "VARCHAR: yes, or why the memory has no identity: early boot, without a time."
stack_id = "INTEGER: joins stacks.stack_id; NULL without an identity."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
old_records = "BIGINT: allocations in the old dump."
survivor_records = "BIGINT: how many of them are in the new dump; NULL if unknown."
old_pages = "BIGINT: base pages in the old dump."
survivor_pages = "BIGINT: base pages of the survivors."
survivor_share = "DOUBLE: survivor_pages / old_pages, 0 to 1."
+++*/
WITH was AS (
    SELECT i.alloc_ts, i.pid, i.tgid, i.stack_id, i."order", count(*) AS old_records
    FROM identities i
    WHERE i.dump_id = (SELECT dump_id FROM dumps WHERE label = $old)
    GROUP BY i.alloc_ts, i.pid, i.tgid, i.stack_id, i."order"
),
is_there AS (
    SELECT i.alloc_ts, i.pid, i.tgid, i.stack_id, i."order", count(*) AS new_records
    FROM identities i
    WHERE i.dump_id = (SELECT dump_id FROM dumps WHERE label = $new)
    GROUP BY i.alloc_ts, i.pid, i.tgid, i.stack_id, i."order"
),
sides AS (
    SELECT w.*, coalesce(t.new_records, 0) AS new_records
    FROM was w
    LEFT JOIN is_there t ON t.alloc_ts = w.alloc_ts AND t.stack_id = w.stack_id
        AND t."order" = w."order"
        AND t.pid IS NOT DISTINCT FROM w.pid AND t.tgid IS NOT DISTINCT FROM w.tgid
),
followed AS (
    SELECT
        stack_id,
        sum(old_records) AS old_records,
        sum(least(old_records, new_records)) AS survivors,
        sum(old_records << "order") AS old_pages,
        sum(least(old_records, new_records) << "order") AS survivor_pages
    FROM sides
    GROUP BY stack_id
    ORDER BY survivor_pages DESC, stack_id
    LIMIT $top
),
lost AS (
    SELECT
        CASE WHEN stack_id IN (FROM early_stacks) THEN 'early boot' ELSE 'without a time' END AS why,
        count(*) AS records,
        sum(pages) AS pages
    FROM allocations
    WHERE dump = $old AND (stack_id IN (FROM early_stacks) OR coalesce(alloc_ts, 0) <= 0)
    GROUP BY why
)
SELECT
    'yes' AS followed,
    f.stack_id,
    o.owner,
    o.subsystem,
    f.old_records::BIGINT AS old_records,
    f.survivors::BIGINT AS survivor_records,
    f.old_pages::BIGINT AS old_pages,
    f.survivor_pages::BIGINT AS survivor_pages,
    f.survivor_pages::DOUBLE / f.old_pages AS survivor_share
FROM followed f
JOIN stack_owners o ON o.stack_id = f.stack_id
UNION ALL
SELECT why, NULL, NULL, NULL, records, NULL, pages::BIGINT, NULL, NULL
FROM lost
ORDER BY followed = 'yes' DESC, survivor_pages DESC, followed, stack_id
