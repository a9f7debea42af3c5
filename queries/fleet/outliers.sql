/*+++
title = "Hosts that hold far more than others"
question = "Which hosts stand out, and by what?"
description = """
For each owner, hosts are compared by the logarithm of what they hold, for each GiB of memory where that is known
of all hosts: the median and the median absolute deviation of the hosts that hold it, which outliers do not move.
A score of 6 is six standard deviations of a lognormal spread. The spread counts as 10 % at least.
"""
about = "lake"
[params.score]
type = "float"
default = 6
help = "Least score."
[params.min_bytes]
type = "size"
default = 1048576
help = "Least excess over the median host, bytes."
[params.min_hosts]
type = "int"
default = 8
help = "Fewest hosts that must hold an owner for it to be judged."
[params.days]
type = "int"
default = 7
help = "Days up to the lake's last in which a host's newest dump must lie."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
host = "VARCHAR: the host."
owner = "VARCHAR: the function that owns the memory."
kernel = "VARCHAR: kernel of the host."
bytes = "BIGINT: memory that the host holds, in bytes."
usual_bytes = "DOUBLE: what a host of its size holds by the median, in bytes."
score = "DOUBLE: distance from the median in robust standard deviations, of logarithms."
hosts = "BIGINT: hosts that hold something for this owner."
+++*/
WITH newest AS (
    SELECT
        dump_id,
        day,
        host,
        kernel,
        memory_bytes,
        row_number() OVER (PARTITION BY host ORDER BY day DESC, captured_at DESC, dump_id DESC) AS place
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
scales AS (
    SELECT
        dump_id,
        day,
        host,
        kernel,
        CASE
            WHEN count(*) OVER () = count(memory_bytes) OVER () THEN memory_bytes / 1073741824.0e0
            ELSE 1
        END AS gib
    FROM newest
    WHERE place = 1
),
held AS (
    SELECT
        n.host,
        n.kernel,
        n.gib,
        s.owner,
        CAST(sum(g.bytes) AS BIGINT) AS bytes,
        ln(CAST(sum(g.bytes) AS DOUBLE) / n.gib) AS amount
    FROM scales n
    JOIN groups g ON g.dump_id = n.dump_id AND g.day = n.day
    JOIN stacks s ON s.stack_key = g.stack_key
    GROUP BY n.host, n.kernel, n.gib, s.owner
    HAVING sum(g.bytes) > 0
),
centres AS (
    SELECT owner, median(amount) AS centre, count(*) AS hosts
    FROM held
    GROUP BY owner
    HAVING count(*) >= $min_hosts
),
spreads AS (
    SELECT h.owner, c.centre, c.hosts, greatest(1.4826e0 * median(abs(h.amount - c.centre)), 0.1e0) AS spread
    FROM held h
    JOIN centres c ON c.owner = h.owner
    GROUP BY h.owner, c.centre, c.hosts
),
scored AS (
    SELECT
        h.host,
        h.owner,
        h.kernel,
        h.bytes,
        exp(s.centre) * h.gib AS usual_bytes,
        (h.amount - s.centre) / s.spread AS score,
        s.hosts
    FROM held h
    JOIN spreads s ON s.owner = h.owner
)
SELECT host, owner, kernel, bytes, usual_bytes, score, hosts
FROM scored
WHERE score >= $score AND bytes - usual_bytes >= $min_bytes
ORDER BY bytes - usual_bytes DESC, host, owner
LIMIT $top
