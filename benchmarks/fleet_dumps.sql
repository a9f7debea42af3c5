-- A dump of each machine on a day.
CREATE OR REPLACE TABLE day_dumps AS
SELECT
    printf('%012x', epoch_ms($at::TIMESTAMP)) || left(md5($day || host), 20) AS dump_id,
    ($at::TIMESTAMP)::DATE AS day,
    host AS label,
    'page_owner' AS kind,
    host,
    if($day >= upgrade_day, $new, $old) AS kernel,
    $at::TIMESTAMP AS captured_at,
    NULL::VARCHAR AS boot_id,
    4096 AS page_size,
    0::BIGINT AS rejected,
    memory_bytes,
    0::BIGINT AS text_bytes,
    NULL::BIGINT AS newest_alloc_ts,
    MAP {'region': region} AS tags,
    ['stack', 'comm'] AS fields,
    false AS redacted,
    md5($day || host) || md5(host || $day) AS sha256,
    $at::TIMESTAMP AS added_at,
    'simulated' AS version,
    number AS host_number,
    hosts.* EXCLUDE (number, host, memory_bytes),
    -- Load: all owners of a machine share it.
    exp($noise * normal(host, $day, 'load')) * memory_bytes / (16::BIGINT << 30) AS scale
FROM hosts
-- Some machines are silent on some days.
WHERE u(host, $day, 'silent') >= $silent
ORDER BY host
