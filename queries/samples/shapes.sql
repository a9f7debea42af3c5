/*+++
title = "How each series of samples moves: trend, step, spike or rhythm"
description = """
Each series of a source is compared with a straight line, with one step, and with a wave of the given period; what
explains most of its movement names its shape. A spike is high in few samples only, and is over.
"""
question = "What grows for good, and what only comes and goes?"
[params.source]
type = "str"
default = "stacks"
help = "stacks (show_handles or show_stacks), allocinfo or meminfo."
[params.period]
type = "duration"
default = "1d"
help = "Length of the rhythm."
[params.least]
type = "size"
default = "1M"
help = "Leave out what moves by less."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
shape = "VARCHAR: trend, step, spike, rhythm, or unclear."
series_id = "INTEGER: joins sample_series.series_id."
name = "VARCHAR: what was counted: a handle, stack, line of source, or field."
function_hint = "VARCHAR: the first line of the stack that is not the allocator's own, as printed; NULL without a stack."
samples = "BIGINT: samples of its boot."
first_bytes = "BIGINT: bytes in the first of them."
last_bytes = "BIGINT: bytes in the last."
least_bytes = "BIGINT: bytes where it held the least."
most_bytes = "BIGINT: bytes where it held the most."
slope_bytes_per_hour = "DOUBLE: of a straight line through all."
explained = "DOUBLE: share of the movement that the shape explains, 0 to 1; NULL for a spike."
step_at = "TIMESTAMP: where one step fits best (UTC)."
boot_id = "VARCHAR: the boot."
+++*/
WITH chosen AS (
    SELECT sample_id, boot_id, taken_at, epoch_us(taken_at) / 1e6 AS t
    FROM samples
    WHERE source = $source OR ($source = 'stacks' AND source IN ('show_handles', 'show_stacks'))
),
series AS (
    SELECT DISTINCT s.boot_id, c.series_id
    FROM sample_counts c
    JOIN chosen s ON s.sample_id = c.sample_id
),
-- What a sample lacks held nothing then.
points AS (
    SELECT
        b.boot_id, b.series_id, s.taken_at, s.t, coalesce(c.bytes, 0)::DOUBLE AS y,
        2 * pi() * s.t / ($period / 1e9) AS angle
    FROM series b
    JOIN chosen s ON s.boot_id = b.boot_id
    LEFT JOIN sample_counts c ON c.sample_id = s.sample_id AND c.series_id = b.series_id
),
measured AS (
    SELECT
        boot_id, series_id,
        count(*) AS n,
        min(y) AS least, max(y) AS most, arg_min(y, t) AS first_y, arg_max(y, t) AS last_y,
        quantile_cont(y, 0.5) AS middle,
        avg(y) AS mean,
        var_pop(y) AS variance,
        regr_slope(y, t) AS slope,
        regr_r2(y, t) AS line_r2,
        corr(y, sin(angle)) AS with_sin, corr(y, cos(angle)) AS with_cos,
        corr(sin(angle), cos(angle)) AS between,
        max(t) - min(t) AS lasts
    FROM points
    GROUP BY boot_id, series_id
    HAVING max(y) - min(y) >= $least AND count(*) >= 4
),
-- The sums of squares between the two sides of each place where a step could be.
splits AS (
    SELECT
        p.boot_id, p.series_id, p.taken_at,
        row_number() OVER before AS n1,
        avg(p.y) OVER before AS mean1
    FROM points p
    WINDOW before AS (
        PARTITION BY p.boot_id, p.series_id ORDER BY p.t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
steps AS (
    SELECT
        s.boot_id, s.series_id,
        max(s.n1 / (m.n - s.n1) * (s.mean1 - m.mean) ** 2 / m.variance) AS step_r2,
        arg_max(s.taken_at, s.n1 / (m.n - s.n1) * (s.mean1 - m.mean) ** 2) AS step_at
    FROM splits s
    JOIN measured m ON m.boot_id = s.boot_id AND m.series_id = s.series_id
    WHERE s.n1 < m.n
    GROUP BY s.boot_id, s.series_id
),
high AS (
    SELECT p.boot_id, p.series_id, avg((p.y > m.middle + (m.most - m.middle) / 2)::INTEGER) AS share
    FROM points p
    JOIN measured m ON m.boot_id = p.boot_id AND m.series_id = p.series_id
    GROUP BY p.boot_id, p.series_id
),
scored AS (
    SELECT
        m.*, s.step_r2, s.step_at, h.share,
        -- Of the two correlations together; less than a period is no rhythm.
        CASE
            WHEN m.lasts < 1.5 * $period / 1e9 OR abs(m.between) > 0.99 THEN 0
            ELSE (m.with_sin ** 2 + m.with_cos ** 2 - 2 * m.with_sin * m.with_cos * m.between)
                / (1 - m.between ** 2)
        END AS wave_r2
    FROM measured m
    JOIN steps s ON s.boot_id = m.boot_id AND s.series_id = m.series_id
    JOIN high h ON h.boot_id = m.boot_id AND h.series_id = m.series_id
),
shaped AS (
    SELECT
        *,
        CASE
            WHEN share < 0.15 AND last_y < middle + (most - middle) / 2
                AND most - middle > 3 * (middle - least) THEN 'spike'
            WHEN greatest(line_r2, step_r2, wave_r2) < 0.5 THEN 'unclear'
            WHEN wave_r2 >= greatest(line_r2, step_r2) THEN 'rhythm'
            WHEN step_r2 > line_r2 THEN 'step'
            ELSE 'trend'
        END AS shape
    FROM scored
)
SELECT
    x.shape,
    x.series_id,
    n.name,
    list_filter(
        string_split(n.stack, chr(10)),
        lambda line: NOT regexp_matches(line, 'alloc|page_owner|prep_new|get_page_from|folio_|slab|post_')
    )[1] AS function_hint,
    x.n AS samples,
    x.first_y::BIGINT AS first_bytes,
    x.last_y::BIGINT AS last_bytes,
    x.least::BIGINT AS least_bytes,
    x.most::BIGINT AS most_bytes,
    x.slope * 3600 AS slope_bytes_per_hour,
    CASE x.shape
        WHEN 'spike' THEN NULL
        WHEN 'trend' THEN x.line_r2
        WHEN 'step' THEN x.step_r2
        WHEN 'rhythm' THEN x.wave_r2
        ELSE greatest(x.line_r2, x.step_r2, x.wave_r2)
    END AS explained,
    x.step_at,
    x.boot_id
FROM shaped x
JOIN sample_series n ON n.series_id = x.series_id
ORDER BY x.shape = 'trend' DESC, x.most - x.least DESC, x.series_id, x.boot_id
LIMIT $top
