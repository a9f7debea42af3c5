SELECT count(*) > 0
FROM meminfo
WHERE dump_id = $dump_id AND node IS NULL AND field IN ('MemAvailable', 'MemFree')
