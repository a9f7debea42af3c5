/*+++
title = "Stacks that appeared"
question = "What appeared on Tuesday?"
description = """
Stacks (without offsets) whose first day in the lake is one of its last days. A rare stack is seen late by chance:
`chance` says how probable it is that a stack as frequent as it was since then was missed in all dumps before, and
only stacks below `most_chance` are given. It takes dumps as independent.
"""
about = "lake"
[params.days]
type = "int"
default = 7
help = "Days up to the lake's last in which a stack first appeared."
[params.most_chance]
type = "float"
default = 0.00001
help = "Largest chance that it was only missed before, 0 to 1."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
first_day = "DATE: first day that a dump has it."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
function_stack = "VARCHAR: the stack, a function a line, innermost first."
kernel = "VARCHAR: smallest name of the kernels that have it."
kernels = "BIGINT: kernels that have it."
hosts = "BIGINT: hosts that have had it."
dumps = "BIGINT: dumps that have it."
dumps_since = "BIGINT: dumps of that day and later."
dumps_before = "BIGINT: dumps of earlier days."
bytes = "BIGINT: memory that it holds in all dumps of the last day, in bytes."
chance = "DOUBLE: probability that it was there before and missed, 0 to 1."
+++*/
WITH bounds AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM dumps
),
candidates AS (
    SELECT
        s.function_key,
        min(s.owner) AS owner,
        min(s.subsystem) AS subsystem,
        min(s.function_stack) AS function_stack,
        min(x.first_day) AS first_day
    FROM (
        SELECT g.stack_key, min(g.day) AS first_day
        FROM groups g
        JOIN dumps d ON d.dump_id = g.dump_id AND d.day = g.day
        GROUP BY g.stack_key
    ) x
    JOIN stacks s ON s.stack_key = x.stack_key
    GROUP BY s.function_key
),
recent AS (
    SELECT c.*, b.last_day
    FROM candidates c
    CROSS JOIN bounds b
    WHERE date_diff('day', c.first_day, b.last_day) < $days
        AND c.first_day > b.first_day
),
seen AS (
    SELECT
        r.function_key,
        d.dump_id,
        min(d.host) AS host,
        min(d.kernel) AS kernel,
        sum(CASE WHEN d.day = r.last_day THEN g.bytes ELSE 0 END) AS bytes
    FROM recent r
    JOIN stacks s ON s.function_key = r.function_key
    JOIN groups g ON g.stack_key = s.stack_key
    JOIN dumps d ON d.dump_id = g.dump_id AND d.day = g.day
    GROUP BY r.function_key, d.dump_id
),
totals AS (
    SELECT
        function_key,
        min(kernel) AS kernel,
        count(DISTINCT kernel) AS kernels,
        count(DISTINCT host) AS hosts,
        count(*) AS dumps,
        CAST(sum(bytes) AS BIGINT) AS bytes
    FROM seen
    GROUP BY function_key
),
per_day AS (
    SELECT day, count(*) AS dumps
    FROM dumps
    GROUP BY day
),
judged AS (
    SELECT
        r.function_key,
        CAST(sum(CASE WHEN p.day >= r.first_day THEN p.dumps ELSE 0 END) AS BIGINT) AS dumps_since,
        CAST(sum(CASE WHEN p.day < r.first_day THEN p.dumps ELSE 0 END) AS BIGINT) AS dumps_before
    FROM recent r
    CROSS JOIN per_day p
    GROUP BY r.function_key
),
chances AS (
    SELECT
        r.first_day,
        r.owner,
        r.subsystem,
        r.function_stack,
        t.*,
        j.dumps_since,
        j.dumps_before,
        power(1 - least(CAST(t.dumps AS DOUBLE) / j.dumps_since, 1), j.dumps_before) AS chance
    FROM recent r
    JOIN totals t ON t.function_key = r.function_key
    JOIN judged j ON j.function_key = r.function_key
)
SELECT
    first_day,
    owner,
    subsystem,
    function_stack,
    kernel,
    kernels,
    hosts,
    dumps,
    dumps_since,
    dumps_before,
    bytes,
    chance
FROM chances
WHERE chance <= $most_chance
ORDER BY hosts DESC, bytes DESC, function_key
LIMIT $top
