/*+++
title = "Owners that grow slowly"
question = "What leaks slowly everywhere, and what on some hosts only?"
description = """
For each owner and kernel: the slope over days on each host (least squares over the dumps of one boot), and how many
hosts share its sign. `share` is the share of hosts on which it rises, with Wilson's interval, Bonferroni over all
rows: where nothing grows it is one half. `growing` counts hosts whose own growth is beyond chance, Bonferroni over
all hosts and owners: the slope against the noise about it, which is that of the host and of all hosts for this owner
(a moderated t statistic, Smyth 2004, with a cautious estimate of how much hosts' noises differ).
Verdict: everywhere, where the interval is above one half and most hosts rise; some hosts, where either holds for some;
else none.
"""
about = "lake"
begins = "_slopes"
[params.days]
type = "int"
default = 30
help = "Days to look at, up to the lake's last."
[params.min_dumps]
type = "int"
default = 5
help = "Fewest dumps of one kernel and boot that a host must have."
[params.min_growth]
type = "size"
default = 65536
help = "Least growth a day at which a host grows by itself."
[params.confidence]
type = "float"
default = 0.95
help = "How often no host and no owner of a result is there by chance, 0 to 1."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
verdict = "VARCHAR: everywhere, some hosts, or none."
owner = "VARCHAR: the function that owns the memory."
subsystem = "VARCHAR: the subsystem of the owner."
kernel = "VARCHAR: kernel release; empty where it is not known."
all_hosts = "BIGINT: hosts (boots) with enough dumps."
hosts = "BIGINT: those that hold something for it."
rising = "BIGINT: those with a positive slope."
share = "DOUBLE: rising of those whose slope is not 0, 0 to 1."
low = "DOUBLE: lower end of its interval."
high = "DOUBLE: upper end."
growing = "BIGINT: hosts whose own growth is beyond chance."
median_growth = "DOUBLE: median over hosts of the growth, as a share of what is held, a day."
bytes_per_day = "DOUBLE: growth of all these hosts together, in bytes a day."
growing_bytes_per_day = "DOUBLE: growth of the hosts that grow beyond chance, in bytes a day."
+++*/
, host_counts AS (
    SELECT kernel, count(*) AS all_hosts
    FROM times
    GROUP BY kernel
),
counted AS (
    SELECT
        owner,
        min(subsystem) AS subsystem,
        kernel,
        count(*) AS hosts,
        CAST(sum(CASE WHEN slope > 0 THEN 1 ELSE 0 END) AS BIGINT) AS rising,
        CAST(sum(CASE WHEN slope <> 0 THEN 1 ELSE 0 END) AS DOUBLE) AS moving,
        CAST(sum(CASE WHEN is_growing THEN 1 ELSE 0 END) AS BIGINT) AS growing,
        median(slope / mean) AS median_growth,
        sum(slope) AS bytes_per_day,
        sum(CASE WHEN is_growing THEN slope ELSE 0 END) AS growing_bytes_per_day
    FROM judged
    GROUP BY owner, kernel
),
shares AS (
    SELECT
        c.*,
        h.all_hosts,
        CASE WHEN moving = 0 THEN 0.5e0 ELSE rising / moving END AS share,
        greatest(moving, 1) AS m,
        sqrt(-2 * ln((1 - $confidence) / (2 * count(*) OVER ()))) AS v
    FROM counted c
    JOIN host_counts h ON h.kernel = c.kernel
),
quantiles AS (
    SELECT
        *,
        v - (2.515517e0 + 0.802853e0 * v + 0.010328e0 * v * v)
            / (1 + 1.432788e0 * v + 0.189269e0 * v * v + 0.001308e0 * v * v * v) AS z
    FROM shares
),
intervals AS (
    SELECT
        *,
        (share + z * z / m / 2 - z * sqrt((share * (1 - share) + z * z / m / 4) / m)) / (1 + z * z / m) AS low,
        (share + z * z / m / 2 + z * sqrt((share * (1 - share) + z * z / m / 4) / m)) / (1 + z * z / m) AS high
    FROM quantiles
),
verdicts AS (
    SELECT
        *,
        CASE
            WHEN low > 0.5e0 AND rising * 2 > all_hosts THEN 'everywhere'
            WHEN low > 0.5e0 OR growing > 0 THEN 'some hosts'
            ELSE 'none'
        END AS verdict
    FROM intervals
)
SELECT
    verdict,
    owner,
    subsystem,
    kernel,
    all_hosts,
    hosts,
    rising,
    share,
    low,
    high,
    growing,
    median_growth,
    bytes_per_day,
    growing_bytes_per_day
FROM verdicts
ORDER BY
    CASE verdict WHEN 'everywhere' THEN 0 WHEN 'some hosts' THEN 1 ELSE 2 END,
    bytes_per_day DESC,
    owner,
    kernel
LIMIT $top
