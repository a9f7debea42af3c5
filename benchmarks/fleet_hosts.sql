-- Machines of a fleet: their memory, when they get the new kernel, and what is wrong with some.
CREATE OR REPLACE TABLE hosts AS
SELECT
    i AS number,
    'host-' || lpad(i::VARCHAR, 6, '0') AS host,
    -- 16 GiB to 512 GiB, each size about two thirds as frequent as the one before.
    (16::BIGINT << 30) << least(5, floor(ln(u(i, 0, 'size')) / ln(0.65))::INTEGER) AS memory_bytes,
    -- A rollout, even over the days; one host in six keeps the old kernel.
    floor(u(i, 0, 'upgrade') * $days * 1.2)::INTEGER AS upgrade_day,
    u(i, 0, 'leak') < $leaky AS leaky,
    u(i, 0, 'outlier') < $outlying AS outlying,
    u(i, 0, 'prevalent') AS prevalent,
    u(i, 0, 'appears') AS appears,
    ['eu', 'us', 'ap'][1 + i % 3] AS region
FROM range($hosts) r(i)
ORDER BY host
