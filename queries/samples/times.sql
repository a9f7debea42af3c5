/*+++
title = "When samples of stacks were taken"
question = "Which samples can be compared?"
description = """
A sample is a dump wherever `@` and its time stand for one: `top @12:30`.
"""
[params.top]
type = "int"
default = 24
help = "Rows at most, evenly among all."
[columns]
taken_at = "TIMESTAMP: when the sample was taken (UTC)."
host = "VARCHAR: the machine."
boot_id = "VARCHAR: the boot."
+++*/
WITH taken AS (
    SELECT DISTINCT taken_at, host, boot_id
    FROM samples
    WHERE source IN ('show_handles', 'show_stacks')
),
placed AS (
    SELECT *, row_number() OVER (ORDER BY taken_at, host, boot_id) - 1 AS place, count(*) OVER () AS n
    FROM taken
)
SELECT taken_at, host, boot_id
FROM placed
WHERE place = 0 OR place * ($top - 1) // n <> (place + 1) * ($top - 1) // n OR place = n - 1
ORDER BY taken_at, host, boot_id
LIMIT $top
