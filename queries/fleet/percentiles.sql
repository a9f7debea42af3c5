/*+++
title = "Owners over hosts"
question = "What does an owner hold on a usual host, and on the worst?"
description = "Percentiles over the newest dump of each host, for each GiB of its memory where that is known of all hosts (`is_per_gib`). Hosts that hold nothing count as 0."
about = "lake"
[params.days]
type = "int"
default = 7
help = "Days up to the lake's last in which a host's newest dump must lie."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
hosts = "BIGINT: hosts that hold something for it."
share = "DOUBLE: hosts that hold something, of all hosts, 0 to 1."
bytes = "BIGINT: memory of all hosts together, in bytes."
p50 = "DOUBLE: median over hosts, in bytes, or bytes for each GiB."
p90 = "DOUBLE: 90th percentile."
p99 = "DOUBLE: 99th percentile."
most = "DOUBLE: the largest."
is_per_gib = "BOOLEAN: whether percentiles are for each GiB of memory."
+++*/
WITH newest AS (
    SELECT
        dump_id,
        day,
        host,
        memory_bytes,
        row_number() OVER (PARTITION BY host ORDER BY day DESC, captured_at DESC, dump_id DESC) AS place
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
sizes AS (
    SELECT count(*) AS hosts, count(*) = count(memory_bytes) AS is_per_gib
    FROM newest
    WHERE place = 1
),
held AS (
    SELECT
        s.owner,
        min(s.subsystem) AS subsystem,
        n.host,
        sum(g.bytes) AS bytes,
        CAST(sum(g.bytes) AS DOUBLE)
            / max(CASE WHEN z.is_per_gib THEN n.memory_bytes / 1073741824.0e0 ELSE 1 END) AS amount
    FROM newest n
    CROSS JOIN sizes z
    JOIN groups g ON g.dump_id = n.dump_id AND g.day = n.day
    JOIN stacks s ON s.stack_key = g.stack_key
    WHERE n.place = 1
    GROUP BY s.owner, n.host
),
placed AS (
    SELECT
        h.*,
        z.hosts AS all_hosts,
        z.is_per_gib,
        -- Hosts that hold nothing have the first places.
        z.hosts - count(*) OVER (PARTITION BY owner)
            + row_number() OVER (PARTITION BY owner ORDER BY amount, host) AS place
    FROM held h
    CROSS JOIN sizes z
)
SELECT
    owner,
    min(subsystem) AS subsystem,
    count(*) AS hosts,
    CAST(count(*) AS DOUBLE) / max(all_hosts) AS share,
    CAST(sum(bytes) AS BIGINT) AS bytes,
    -- The smallest amount that this many hosts do not exceed.
    coalesce(max(CASE WHEN place <= ceil(all_hosts * 0.50e0) THEN amount END), 0) AS p50,
    coalesce(max(CASE WHEN place <= ceil(all_hosts * 0.90e0) THEN amount END), 0) AS p90,
    coalesce(max(CASE WHEN place <= ceil(all_hosts * 0.99e0) THEN amount END), 0) AS p99,
    max(amount) AS most,
    max(is_per_gib) AS is_per_gib
FROM placed
GROUP BY owner
ORDER BY bytes DESC, owner
LIMIT $top
