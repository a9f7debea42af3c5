/*+++
title = "Dump against the memory in use"
description = """
MemTotal - MemFree is the sum of the memory in page_owner, by class, the memory outside page_owner, and an
unexplained rest. The kernel's counter for each class was read a moment later and counts differently, so small
differences are normal. page_owner does not record its own tables (shown if allocinfo was loaded with the dump), free
pages on CPU lists (shown if zoneinfo was; MemFree does not count them either), and allocations between the dump and
meminfo. Without meminfo there are no rows.
"""
question = "How much of the memory in use does this dump account for?"
[params.dump]
type = "dump"
help = "Label of the dump, loaded with its meminfo."
[columns]
section = "VARCHAR: total, explained, beside (outside page_owner), unexplained."
item = "VARCHAR: class or counter."
bytes = "HUGEINT: bytes."
share = "DOUBLE: share of the memory in use, 0 to 1."
kernel_fields = "VARCHAR: the kernel's counters for this class; NULL if there are none."
kernel_bytes = "HUGEINT: their sum, bytes."
difference = "HUGEINT: bytes - kernel_bytes."
+++*/
WITH this AS (
    SELECT dump_id, page_size FROM dumps WHERE label = $dump
),
info AS (
    SELECT field, sum(bytes)::HUGEINT AS bytes
    FROM meminfo
    WHERE dump_id = (SELECT dump_id FROM this) AND node IS NULL AND bytes IS NOT NULL
    GROUP BY field
),
classes AS (
    SELECT class AS item, sum(bytes)::HUGEINT AS bytes
    FROM live_allocations
    WHERE dump = $dump
    GROUP BY item
),
said AS (
    SELECT
        class AS item,
        string_agg(if(sign > 0, '+ ', '- ') || field, ' ' ORDER BY sign DESC, field) AS kernel_fields,
        sum(sign * bytes)::HUGEINT AS kernel_bytes
    FROM class_counters
    JOIN info USING (field)
    GROUP BY class
),
totals AS (
    SELECT
        max(bytes) FILTER (WHERE field = 'MemTotal') AS total,
        max(bytes) FILTER (WHERE field = 'MemFree') AS free,
        total - free AS in_use
    FROM info
    HAVING total IS NOT NULL AND free IS NOT NULL
),
beside AS (
    SELECT 'page_owner''s own tables (allocinfo: mm/page_ext.c)' AS item, sum(bytes)::HUGEINT AS bytes
    FROM allocinfo
    WHERE dump_id = (SELECT dump_id FROM this) AND file = 'mm/page_ext.c'
    HAVING count(*) > 0
    UNION ALL
    SELECT
        'free pages on CPU lists (zoneinfo)',
        (sum(value) * (SELECT page_size FROM this))::HUGEINT
    FROM zoneinfo
    WHERE dump_id = (SELECT dump_id FROM this) AND section = 'pageset' AND field = 'count'
    HAVING count(*) > 0
),
known AS (
    SELECT 'explained' AS section, item, bytes FROM classes
    UNION ALL
    SELECT 'beside', item, bytes FROM beside
),
lines AS (
    SELECT 1 AS place, 'total' AS section, 'MemTotal' AS item, total AS bytes FROM totals
    UNION ALL
    SELECT 2, 'total', 'MemFree', free FROM totals
    UNION ALL
    SELECT 3, 'total', 'in use', in_use FROM totals
    UNION ALL
    SELECT 4, 'explained', 'all of page_owner', coalesce(sum(bytes), 0)::HUGEINT FROM classes
    UNION ALL
    SELECT if(section = 'explained', 5, 6), section, item, bytes FROM known
    UNION ALL
    SELECT 7, 'unexplained', 'unexplained', in_use - (SELECT coalesce(sum(bytes), 0) FROM known)
    FROM totals
)
SELECT
    l.section,
    l.item,
    l.bytes::HUGEINT AS bytes,
    if(l.place < 3, NULL, round(l.bytes / t.in_use, 6))::DOUBLE AS share,
    s.kernel_fields,
    s.kernel_bytes,
    (l.bytes - s.kernel_bytes)::HUGEINT AS difference
FROM lines l
CROSS JOIN totals t
LEFT JOIN said s ON l.place = 5 AND s.item = l.item
ORDER BY l.place, l.bytes DESC, l.item
