-- What a machine's cheap files said over time: a sample is one file at one time.

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
    stack VARCHAR
);

CREATE TABLE sample_counts (
    sample_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    bytes BIGINT NOT NULL
);

CREATE OR REPLACE VIEW sampled AS
SELECT s.sample_id, s.source, s.taken_at, s.uptime, s.boot_id, s.host, c.series_id, n.name, n.stack, c.bytes
FROM sample_counts c
JOIN samples s ON s.sample_id = c.sample_id
JOIN sample_series n ON n.series_id = c.series_id;
