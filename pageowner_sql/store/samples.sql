-- Samples of a machine: the content of one cheap file at one time each.

CREATE TABLE samples (
    sample_id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    taken_at TIMESTAMP NOT NULL,
    uptime BIGINT NOT NULL,
    boot_id VARCHAR NOT NULL,
    host VARCHAR,
    kernel VARCHAR,
    page_size INTEGER NOT NULL
);

CREATE TABLE sample_series (
    series_id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    boot_id VARCHAR,
    name VARCHAR NOT NULL,
    stack VARCHAR,
    unit INTEGER NOT NULL
);

-- A row where a series holds another amount than in the sample of its file before; 0 where it is gone.
CREATE TABLE sample_counts (
    sample_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    units BIGINT NOT NULL
);

CREATE OR REPLACE VIEW sample_points AS
SELECT p.* EXCLUDE (unit), coalesce(c.units, 0) * p.unit AS bytes
FROM (
    SELECT s.sample_id, s.source, s.boot_id, s.taken_at, n.series_id, n.unit
    FROM samples s
    JOIN sample_series n ON n.source = s.source
) p
ASOF LEFT JOIN sample_counts c ON c.series_id = p.series_id AND c.sample_id <= p.sample_id;

CREATE OR REPLACE VIEW sampled AS
SELECT s.sample_id, s.source, s.taken_at, s.uptime, s.boot_id, s.host, p.series_id, n.name, n.stack, p.bytes
FROM sample_points p
JOIN samples s ON s.sample_id = p.sample_id
JOIN sample_series n ON n.series_id = p.series_id
WHERE p.bytes > 0;

CREATE OR REPLACE MACRO function_hint(stack) AS list_filter(
    string_split(stack, chr(10)),
    lambda line: NOT regexp_matches(line, 'alloc|page_owner|prep_new|get_page_from|folio_|slab|post_')
)[1];

-- `relation` names a table, view or CTE with the columns boot_id, series_id, taken_at and bytes.
CREATE OR REPLACE MACRO shapes_of(relation, period, least) AS TABLE
WITH given AS (
    SELECT
        boot_id, series_id, taken_at, epoch_us(taken_at) / 1e6 AS t, bytes::DOUBLE AS y,
        2 * pi() * epoch_us(taken_at) / 1e6 / (period / 1e9) AS angle
    FROM query_table(relation)
),
measured AS (
    SELECT
        boot_id, series_id,
        count(*) AS n,
        min(y) AS least_y, max(y) AS most, arg_min(y, t) AS first_y, arg_max(y, t) AS last_y,
        quantile_cont(y, 0.5) AS middle,
        avg(y) AS mean,
        var_pop(y) AS variance,
        regr_slope(y, t) AS slope,
        regr_r2(y, t) AS line_r2,
        corr(y, sin(angle)) AS with_sin, corr(y, cos(angle)) AS with_cos,
        corr(sin(angle), cos(angle)) AS between,
        max(t) - min(t) AS lasts
    FROM given
    GROUP BY boot_id, series_id
    HAVING max(y) - min(y) >= least AND count(*) >= 4
),
-- The sums of squares between the two sides of each place where a step could be.
splits AS (
    SELECT
        p.boot_id, p.series_id, p.taken_at,
        row_number() OVER before AS n1,
        avg(p.y) OVER before AS mean1
    FROM given p
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
    FROM given p
    JOIN measured m ON m.boot_id = p.boot_id AND m.series_id = p.series_id
    GROUP BY p.boot_id, p.series_id
),
scored AS (
    SELECT
        m.*, s.step_r2, s.step_at, h.share,
        -- Of the two correlations together; less than one period is not a rhythm.
        CASE
            WHEN m.lasts < 1.5 * period / 1e9 OR abs(m.between) > 0.99 THEN 0
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
                AND most - middle > 3 * (middle - least_y) THEN 'spike'
            WHEN greatest(line_r2, step_r2, wave_r2) < 0.5 THEN 'unclear'
            WHEN wave_r2 >= greatest(line_r2, step_r2) THEN 'rhythm'
            WHEN step_r2 > line_r2 THEN 'step'
            ELSE 'trend'
        END AS shape
    FROM scored
)
SELECT
    boot_id, series_id, shape, n AS samples,
    first_y::BIGINT AS first_bytes, last_y::BIGINT AS last_bytes,
    least_y::BIGINT AS least_bytes, most::BIGINT AS most_bytes,
    slope * 3600 AS slope_bytes_per_hour,
    CASE shape
        WHEN 'spike' THEN NULL
        WHEN 'trend' THEN line_r2
        WHEN 'step' THEN step_r2
        WHEN 'rhythm' THEN wave_r2
        ELSE greatest(line_r2, step_r2, wave_r2)
    END AS explained_share,
    step_at
FROM shaped;
