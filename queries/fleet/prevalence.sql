/*+++
title = "Hosts that hold a stack, by kernel"
question = "In how many hosts of the new kernel does this stack hold memory, and in how many of the old?"
description = "Of each host its newest dump counts. The interval is Wilson's, of each row alone: it is not for picking the largest of many rows (`fleet/regression` is)."
about = "lake"
[params.by]
type = "str"
default = "owner"
help = "What a row is about: owner, subsystem, or stack (without offsets, so that kernels compare)."
[params.like]
type = "str"
default = "%"
help = "Only owners, subsystems or stacks that match; % stands for any text."
[params.min_bytes]
type = "size"
default = 1
help = "Least that a host must hold to count."
[params.days]
type = "int"
default = 7
help = "Days up to the lake's last in which a host's newest dump must lie."
[params.top]
type = "int"
default = 100
help = "Rows to return."
[columns]
name = "VARCHAR: the owner, subsystem or stack."
kernel = "VARCHAR: kernel release; empty where it is not known."
hosts = "BIGINT: hosts of that kernel."
holding = "BIGINT: hosts among them that hold min_bytes or more."
share = "DOUBLE: holding / hosts, 0 to 1."
low = "DOUBLE: lower end of the share's interval at 95 %."
high = "DOUBLE: upper end."
bytes = "BIGINT: memory that those hosts hold together, in bytes."
+++*/
WITH newest AS (
    SELECT
        dump_id,
        day,
        host,
        coalesce(kernel, '') AS kernel,
        row_number() OVER (PARTITION BY host ORDER BY day DESC, captured_at DESC, dump_id DESC) AS place
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
cohorts AS (
    SELECT kernel, count(*) AS hosts
    FROM newest
    WHERE place = 1
    GROUP BY kernel
),
held AS (
    SELECT
        CASE $by WHEN 'owner' THEN s.owner WHEN 'subsystem' THEN s.subsystem ELSE s.function_stack END AS name,
        n.kernel,
        n.host,
        sum(g.bytes) AS bytes
    FROM newest n
    JOIN groups g ON g.dump_id = n.dump_id AND g.day = n.day
    JOIN stacks s ON s.stack_key = g.stack_key
    WHERE n.place = 1
    GROUP BY 1, 2, 3
),
counted AS (
    SELECT name, kernel, CAST(sum(CASE WHEN bytes >= $min_bytes THEN 1 ELSE 0 END) AS BIGINT) AS holding,
        CAST(sum(bytes) AS BIGINT) AS bytes
    FROM held
    WHERE name LIKE $like
    GROUP BY name, kernel
),
names AS (
    SELECT name, sum(bytes) AS all_bytes
    FROM counted
    GROUP BY name
),
shares AS (
    SELECT
        x.name,
        c.kernel,
        c.hosts,
        coalesce(k.holding, 0) AS holding,
        CAST(coalesce(k.holding, 0) AS DOUBLE) / c.hosts AS share,
        coalesce(k.bytes, 0) AS bytes,
        x.all_bytes,
        1.959963984540054e0 * 1.959963984540054e0 / c.hosts AS z2
    FROM names x
    CROSS JOIN cohorts c
    LEFT JOIN counted k ON k.name = x.name AND k.kernel = c.kernel
)
SELECT
    name,
    kernel,
    hosts,
    holding,
    share,
    (share + z2 / 2 - sqrt(z2 * (share * (1 - share) + z2 / 4))) / (1 + z2) AS low,
    (share + z2 / 2 + sqrt(z2 * (share * (1 - share) + z2 / 4))) / (1 + z2) AS high,
    bytes
FROM shares
ORDER BY all_bytes DESC, name, kernel
LIMIT $top
