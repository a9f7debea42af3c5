/*+++
title = "What two cohorts hold differently"
question = "What do hosts of the new kernel hold that hosts of the old do not, or more of?"
description = """
Two effects a row. `difference`: by how much the share of hosts that hold it is higher in the new cohort
(Newcombe's interval from two of Wilson's). `superiority`: the chance that a host of the new cohort holds more
than one of the old, a tie counting half (Mann and Whitney; Newcombe's interval with the largest variance that
the statistic can have, in Wilson's form). Each host counts once, by its newest dump, with its bytes for each
GiB of its memory where that is known of all hosts. Intervals hold for all rows together at `confidence`
(Bonferroni, two tests a row that is tested), whatever depends on what.
"""
about = "lake"
[params.old]
type = "str"
help = "Kernel of the old cohort, or a value of the tag."
[params.new]
type = "str"
help = "Kernel of the new cohort, or a value of the tag."
[params.tag]
type = "str"
default = ""
help = "Cohorts are hosts by this tag instead of their kernel."
[params.by]
type = "str"
default = "owner"
help = "What a row is about: owner, subsystem, or stack (without offsets)."
[params.confidence]
type = "float"
default = 0.95
help = "How often all intervals of a result hold, 0 to 1."
[params.min_hosts]
type = "int"
default = 3
help = "Fewest hosts, of both cohorts together, that must hold what is tested."
[params.days]
type = "int"
default = 7
help = "Days up to the lake's last in which a host's newest dump must lie."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
verdict = "VARCHAR: more, less, or undecided: whether an interval leaves out that nothing changed."
name = "VARCHAR: the owner, subsystem or stack."
old_hosts = "BIGINT: hosts of the old cohort."
new_hosts = "BIGINT: hosts of the new cohort."
old_holding = "BIGINT: those that hold it."
new_holding = "BIGINT: those that hold it."
difference = "DOUBLE: share of new hosts that hold it, minus that of old hosts, -1 to 1."
difference_low = "DOUBLE: lower end of its interval."
difference_high = "DOUBLE: upper end of its interval."
superiority = "DOUBLE: chance that a new host holds more than an old one, 0 to 1; 0.5 where nothing changed."
superiority_low = "DOUBLE: lower end of its interval."
superiority_high = "DOUBLE: upper end of its interval."
old_mean_bytes = "DOUBLE: memory held by a host of the old cohort on average, in bytes."
new_mean_bytes = "DOUBLE: memory held by a host of the new cohort on average, in bytes."
tests = "BIGINT: rows tested together."
+++*/
WITH newest AS (
    SELECT
        dump_id,
        day,
        host,
        CASE WHEN $tag = '' THEN kernel ELSE tags[$tag] END AS cohort,
        memory_bytes,
        row_number() OVER (PARTITION BY host ORDER BY day DESC, captured_at DESC, dump_id DESC) AS place
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
hosts AS (
    SELECT dump_id, day, host, memory_bytes, CASE WHEN cohort = $new THEN 1 ELSE 0 END AS is_new
    FROM newest
    WHERE place = 1 AND cohort IN ($old, $new)
),
sizes AS (
    SELECT
        CAST(sum(1 - is_new) AS BIGINT) AS old_hosts,
        CAST(sum(is_new) AS BIGINT) AS new_hosts,
        count(*) = count(memory_bytes) AS is_scaled
    FROM hosts
),
held AS (
    SELECT
        CASE $by WHEN 'owner' THEN s.owner WHEN 'subsystem' THEN s.subsystem ELSE s.function_stack END AS name,
        h.host,
        h.is_new,
        CAST(sum(g.bytes) AS DOUBLE) AS bytes,
        CAST(sum(g.bytes) AS DOUBLE)
            / max(CASE WHEN z.is_scaled THEN h.memory_bytes / 1073741824.0e0 ELSE 1 END) AS amount
    FROM hosts h
    CROSS JOIN sizes z
    JOIN groups g ON g.dump_id = h.dump_id AND g.day = h.day
    JOIN stacks s ON s.stack_key = g.stack_key
    GROUP BY 1, 2, 3
),
ranked AS (
    SELECT
        name,
        is_new,
        bytes,
        rank() OVER (PARTITION BY name ORDER BY amount)
            + (count(*) OVER (PARTITION BY name, amount) - 1) / 2.0e0 AS place
    FROM held
),
summed AS (
    SELECT
        name,
        CAST(sum(1 - is_new) AS BIGINT) AS old_holding,
        CAST(sum(is_new) AS BIGINT) AS new_holding,
        sum(CASE WHEN is_new = 1 THEN place ELSE 0 END) AS new_places,
        sum(CASE WHEN is_new = 0 THEN bytes ELSE 0 END) AS old_bytes,
        sum(CASE WHEN is_new = 1 THEN bytes ELSE 0 END) AS new_bytes
    FROM ranked
    GROUP BY name
    HAVING count(*) >= $min_hosts
),
tested AS (
    SELECT
        s.*,
        z.old_hosts,
        z.new_hosts,
        -- Hosts that hold nothing share the first places.
        z.old_hosts + z.new_hosts - s.old_holding - s.new_holding AS without,
        z.new_hosts - s.new_holding AS new_without,
        count(*) OVER () AS tests,
        -- The normal quantile of Bonferroni's tail (Abramowitz and Stegun 26.2.23).
        sqrt(-2 * ln((1 - $confidence) / (4 * count(*) OVER ()))) AS t
    FROM summed s
    CROSS JOIN sizes z
    WHERE z.old_hosts > 0 AND z.new_hosts > 0
),
effects AS (
    SELECT
        *,
        CAST(old_holding AS DOUBLE) / old_hosts AS p_old,
        CAST(new_holding AS DOUBLE) / new_hosts AS p_new,
        (
            new_without * (without + 1) / 2.0e0 + new_places + CAST(new_holding AS DOUBLE) * without
            - new_hosts * (new_hosts + 1) / 2.0e0
        ) / (CAST(old_hosts AS DOUBLE) * new_hosts) AS a,
        CAST(old_hosts AS DOUBLE) * new_hosts / (1 + (old_hosts + new_hosts - 2) / 3.0e0) AS pairs,
        t - (2.515517e0 + 0.802853e0 * t + 0.010328e0 * t * t)
            / (1 + 1.432788e0 * t + 0.189269e0 * t * t + 0.001308e0 * t * t * t) AS z
    FROM tested
),
wilson AS (
    SELECT
        *,
        (p_old + z * z / old_hosts / 2 - z * sqrt((p_old * (1 - p_old) + z * z / old_hosts / 4) / old_hosts))
            / (1 + z * z / old_hosts) AS old_low,
        (p_old + z * z / old_hosts / 2 + z * sqrt((p_old * (1 - p_old) + z * z / old_hosts / 4) / old_hosts))
            / (1 + z * z / old_hosts) AS old_high,
        (p_new + z * z / new_hosts / 2 - z * sqrt((p_new * (1 - p_new) + z * z / new_hosts / 4) / new_hosts))
            / (1 + z * z / new_hosts) AS new_low,
        (p_new + z * z / new_hosts / 2 + z * sqrt((p_new * (1 - p_new) + z * z / new_hosts / 4) / new_hosts))
            / (1 + z * z / new_hosts) AS new_high,
        (a + z * z / pairs / 2 - z * sqrt((a * (1 - a) + z * z / pairs / 4) / pairs)) / (1 + z * z / pairs) AS a_low,
        (a + z * z / pairs / 2 + z * sqrt((a * (1 - a) + z * z / pairs / 4) / pairs)) / (1 + z * z / pairs) AS a_high
    FROM effects
),
intervals AS (
    SELECT
        *,
        p_new - p_old - sqrt((p_new - new_low) * (p_new - new_low) + (old_high - p_old) * (old_high - p_old)) AS d_low,
        p_new - p_old + sqrt((new_high - p_new) * (new_high - p_new) + (p_old - old_low) * (p_old - old_low)) AS d_high
    FROM wilson
),
judged AS (
    SELECT
        *,
        CASE
            WHEN d_low > 0 OR a_low > 0.5e0 THEN 'more'
            WHEN d_high < 0 OR a_high < 0.5e0 THEN 'less'
            ELSE 'undecided'
        END AS verdict
    FROM intervals
)
SELECT
    verdict,
    name,
    old_hosts,
    new_hosts,
    old_holding,
    new_holding,
    p_new - p_old AS difference,
    d_low AS difference_low,
    d_high AS difference_high,
    a AS superiority,
    a_low AS superiority_low,
    a_high AS superiority_high,
    old_bytes / old_hosts AS old_mean_bytes,
    new_bytes / new_hosts AS new_mean_bytes,
    tests
FROM judged
ORDER BY
    CASE verdict WHEN 'more' THEN 0 WHEN 'less' THEN 1 ELSE 2 END,
    abs(new_bytes / new_hosts - old_bytes / old_hosts) DESC,
    name
LIMIT $top
