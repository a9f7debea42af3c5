WITH numbered AS (
    -- A boot of a kernel on a host, as far as dumps tell them apart. Numbers join and group faster than texts.
    SELECT
        dump_id,
        day,
        host,
        coalesce(kernel, '') AS kernel,
        CAST(date_diff('day', (SELECT max(day) FROM dumps), day) AS DOUBLE) AS t,
        CAST(row_number() OVER (ORDER BY dump_id) AS INTEGER) AS dump,
        CAST(dense_rank() OVER (ORDER BY host, coalesce(kernel, ''), coalesce(boot_id, '')) AS INTEGER) AS boot
    FROM dumps
    WHERE host IS NOT NULL
        AND date_diff('day', day, (SELECT max(day) FROM dumps)) < $days
),
times AS (
    SELECT
        boot,
        min(host) AS host,
        min(kernel) AS kernel,
        CAST(count(*) AS DOUBLE) AS n,
        sum(t) AS st,
        sum(t * t) AS stt,
        count(*) AS dumps
    FROM numbered
    GROUP BY boot
    HAVING count(*) >= greatest($min_dumps, 3) AND max(t) > min(t)
),
series AS (
    SELECT d.dump_id, d.day, d.t, d.dump, d.boot
    FROM numbered d
    JOIN times x ON x.boot = d.boot
),
owned AS (
    SELECT stack_key, owner, subsystem, CAST(dense_rank() OVER (ORDER BY owner) AS INTEGER) AS number
    FROM stacks
),
owners AS (
    SELECT number, min(owner) AS owner, min(subsystem) AS subsystem
    FROM owned
    GROUP BY number
),
held AS (
    SELECT d.dump, s.number, sum(CAST(g.bytes AS DOUBLE)) AS y
    FROM groups g
    JOIN series d ON d.dump_id = g.dump_id AND d.day = g.day
    JOIN owned s ON s.stack_key = g.stack_key
    GROUP BY d.dump, s.number
),
sums AS (
    SELECT
        d.boot,
        h.number,
        sum(h.y) AS sy,
        sum(d.t * h.y) AS sty,
        sum(h.y * h.y) AS syy,
        max(CASE WHEN d.t = 0 THEN h.y ELSE 0 END) AS last_y
    FROM held h
    JOIN series d ON d.dump = h.dump
    GROUP BY d.boot, h.number
),
fits AS (
    -- Least squares; a dump without the owner counts as 0, which the sums need not know of.
    SELECT
        s.boot,
        s.number,
        s.last_y,
        x.n - 2 AS df,
        s.sy / x.n AS mean,
        (x.n * s.sty - x.st * s.sy) / (x.n * x.stt - x.st * x.st) AS slope,
        x.stt - x.st * x.st / x.n AS sxx,
        s.syy - s.sy * s.sy / x.n AS total
    FROM sums s
    JOIN times x ON x.boot = s.boot
    WHERE s.sy > 0
),
residuals AS (
    -- The variance about the line, of a page at least, as a share of what is held.
    SELECT
        *,
        greatest((total - slope * slope * sxx) / df, 16777216e0) / (mean * mean) AS variance
    FROM fits
),
noises AS (
    -- Hosts know little of their own noise from a few dumps, all hosts together know it well: Smyth (2004),
    -- with the variance of the logarithms at its upper end, so that few hosts lend little.
    SELECT
        number,
        count(*) AS hosts,
        avg(ln(variance) + 1 / df + 1 / (3 * df * df)) AS centre,
        greatest(
            coalesce(var_samp(ln(variance) + 1 / df + 1 / (3 * df * df)), 0)
                * (1 + 2 * sqrt(2e0 / greatest(count(*) - 1, 1)))
                - avg(2 / df + 2 / (df * df) + 4 / (3 * df * df * df)),
            0.002e0
        ) AS excess
    FROM residuals
    GROUP BY number
),
moderated AS (
    SELECT
        r.*,
        c.centre,
        CASE WHEN c.hosts < 8 THEN 0e0 ELSE 1 + 2 / c.excess END AS df_all
    FROM residuals r
    JOIN noises c ON c.number = r.number
),
tests AS (
    SELECT
        *,
        df + df_all AS df_both,
        slope / mean / sqrt(
            (df * variance + CASE
                WHEN df_all = 0 THEN 0
                ELSE df_all * exp(centre - 1 / df_all - 1 / (3 * df_all * df_all))
            END) / (df + df_all) / sxx
        ) AS statistic
    FROM moderated
),
scored AS (
    -- Student's statistic as a normal one (Wallace's approximation).
    SELECT
        *,
        CASE WHEN slope < 0 THEN -1 ELSE 1 END
            * sqrt(df_both * ln(1 + statistic * statistic / df_both)) * (8 * df_both + 1) / (8 * df_both + 3) AS score,
        sqrt(-2 * ln((1 - $confidence) / count(*) OVER ())) AS u
    FROM tests
),
judged AS (
    SELECT
        s.*,
        x.host,
        x.kernel,
        x.dumps,
        o.owner,
        o.subsystem,
        s.score > s.u - (2.515517e0 + 0.802853e0 * s.u + 0.010328e0 * s.u * s.u)
            / (1 + 1.432788e0 * s.u + 0.189269e0 * s.u * s.u + 0.001308e0 * s.u * s.u * s.u)
            AND s.slope >= $min_growth AS is_growing
    FROM scored s
    JOIN times x ON x.boot = s.boot
    JOIN owners o ON o.number = s.number
)
