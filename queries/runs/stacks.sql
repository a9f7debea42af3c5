/*+++
title = "What each stack held in each dump"
description = """
One row a stack and dump, so that many files of one kernel (show_stacks, page_owner, mixed) are one table. A stack that a
dump lacks has 0 there; show_stacks lacks some stacks that page_owner has. For a column a dump, pivot the view:
`PIVOT dump_stacks ON dump USING sum(pages) GROUP BY stack_id, owner ORDER BY stack_id`.
"""
question = "How did each stack grow over many files?"
needs = ["stack"]
[params.dumps]
type = "str"
default = "*"
help = "Labels of the dumps; `*` stands for any characters."
[params.top]
type = "int"
default = 20
help = "Stacks to return, those that hold most in any dump."
[columns]
stack_id = "INTEGER: joins stacks.stack_id."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
place = "BIGINT: position of the dump in time, from 1."
dump = "VARCHAR: label of the dump."
pages = "BIGINT: base pages in that dump."
bytes = "BIGINT: the same in bytes."
delta_pages = "BIGINT: growth since the dump before; NULL in the first one."
+++*/
WITH chosen AS (
    SELECT
        dump_id,
        label,
        page_size,
        row_number() OVER (
            ORDER BY captured_at NULLS FIRST, newest_alloc_ts NULLS FIRST, dump_id
        ) AS place
    FROM dumps
    -- Other files count no pages of stacks.
    WHERE label GLOB $dumps AND dump_id IN (SELECT dump_id FROM dump_stacks WHERE pages IS NOT NULL)
),
largest AS (
    SELECT stack_id, owner, subsystem, max(pages) AS most
    FROM dump_stacks
    WHERE dump_id IN (SELECT dump_id FROM chosen) AND pages IS NOT NULL
    GROUP BY stack_id, owner, subsystem
    ORDER BY most DESC, stack_id
    LIMIT $top
)
SELECT
    l.stack_id,
    l.owner,
    l.subsystem,
    c.place,
    c.label AS dump,
    coalesce(s.pages, 0)::BIGINT AS pages,
    coalesce(s.pages, 0)::BIGINT * c.page_size AS bytes,
    (coalesce(s.pages, 0) - lag(coalesce(s.pages, 0)) OVER (
        PARTITION BY l.stack_id ORDER BY c.place
    ))::BIGINT AS delta_pages
FROM largest l
CROSS JOIN chosen c
LEFT JOIN dump_stacks s ON s.stack_id = l.stack_id AND s.dump_id = c.dump_id
ORDER BY l.most DESC, l.stack_id, c.place
