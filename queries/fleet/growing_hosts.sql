/*+++
title = "Hosts that grow"
question = "On which hosts does something grow day by day?"
description = "Hosts whose growth over the dumps of one boot is beyond chance: `fleet/growth` counts them and says how that is judged."
about = "lake"
[params.days]
type = "int"
default = 30
help = "Look at the lake's last so many days."
[params.min_dumps]
type = "int"
default = 5
help = "Look at hosts with so many dumps of one kernel and boot."
[params.min_growth]
type = "size"
default = 65536
help = "A host grows by itself where it grows by so much a day; small numbers of pages are no line."
[params.confidence]
type = "float"
default = 0.95
help = "How often no host and no owner of a result is there by chance, 0 to 1."
[params.owner]
type = "str"
default = "%"
help = "Only owners that match; % stands for any text."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
host = "VARCHAR: the host."
owner = "VARCHAR: the function that owns the memory."
kernel = "VARCHAR: kernel release; empty where it is not known."
dumps = "BIGINT: dumps of that boot."
bytes = "BIGINT: memory held on the lake's last day, in bytes; 0 where there is no dump of it."
bytes_per_day = "DOUBLE: growth, in bytes a day."
correlation = "DOUBLE: correlation of memory and time, -1 to 1."
score = "DOUBLE: how far that is from none, in standard deviations."
+++*/
WITH series AS (
    -- A boot of a kernel on a host, as far as dumps tell them apart.
    SELECT
        dump_id,
        day,
        host,
        coalesce(kernel, '') AS kernel,
        coalesce(boot_id, '') AS boot_id,
        CAST(date_diff('day', (SELECT max(day) FROM dumps), day) AS DOUBLE) AS t
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
times AS (
    SELECT
        host,
        kernel,
        boot_id,
        CAST(count(*) AS DOUBLE) AS n,
        sum(t) AS st,
        sum(t * t) AS stt,
        count(*) AS dumps
    FROM series
    GROUP BY host, kernel, boot_id
    HAVING count(*) >= $min_dumps AND max(t) > min(t)
),
held AS (
    SELECT
        d.host,
        d.kernel,
        d.boot_id,
        d.t,
        s.owner,
        CAST(sum(g.bytes) AS DOUBLE) AS y
    FROM series d
    JOIN groups g ON g.dump_id = d.dump_id AND g.day = d.day
    JOIN stacks s ON s.stack_key = g.stack_key
    GROUP BY d.host, d.kernel, d.boot_id, d.t, d.dump_id, s.owner
),
sums AS (
    SELECT
        host,
        kernel,
        boot_id,
        owner,
        sum(y) AS sy,
        sum(t * y) AS sty,
        sum(y * y) AS syy,
        max(CASE WHEN t = 0 THEN y ELSE 0 END) AS last_y
    FROM held
    GROUP BY host, kernel, boot_id, owner
),
fits AS (
    -- Least squares; a dump without the owner counts as 0, which the sums need not know of.
    SELECT
        s.host,
        s.kernel,
        s.owner,
        s.last_y,
        x.dumps,
        s.sy / x.n AS mean,
        (x.n * s.sty - x.st * s.sy) / (x.n * x.stt - x.st * x.st) AS slope,
        (x.n * s.sty - x.st * s.sy)
            / sqrt(greatest((x.n * x.stt - x.st * x.st) * (x.n * s.syy - s.sy * s.sy), 1)) AS r
    FROM sums s
    JOIN times x ON x.host = s.host AND x.kernel = s.kernel AND x.boot_id = s.boot_id
),
slopes AS (
    SELECT *, greatest(least(r, 0.999999e0), -0.999999e0) AS bounded
    FROM fits
),
scored AS (
    -- Student's statistic as a normal one (Wallace's approximation).
    SELECT
        *,
        CASE
            WHEN dumps < 4 THEN 0
            ELSE sqrt(-(dumps - 2) * ln(1 - bounded * bounded)) * (8 * dumps - 15) / (8.0e0 * dumps - 13)
        END AS score,
        sqrt(-2 * ln((1 - $confidence) / count(*) OVER ())) AS u
    FROM slopes
),
judged AS (
    SELECT
        *,
        score > u - (2.515517e0 + 0.802853e0 * u + 0.010328e0 * u * u)
            / (1 + 1.432788e0 * u + 0.189269e0 * u * u + 0.001308e0 * u * u * u)
            AND slope >= $min_growth AS is_growing
    FROM scored
)
SELECT
    host,
    owner,
    kernel,
    dumps,
    CAST(last_y AS BIGINT) AS bytes,
    slope AS bytes_per_day,
    r AS correlation,
    score
FROM judged
WHERE is_growing AND owner LIKE $owner
ORDER BY slope DESC, host, owner, kernel, dumps
LIMIT $top
