/*+++
title = "All dumps in order of time"
description = """
A boot is identified by --boot, or by the dump's oldest allocation, which usually lives as long as the boot. A dump
without times is not compared with others. `leaks` fits slopes to such rows for each key.
"""
question = "How did the memory in use change from dump to dump?"
[columns]
boot = "VARCHAR: --boot, or the oldest allocation, ns since boot; NULL if neither is known."
dump = "VARCHAR: label of the dump."
newest_alloc_ts = "BIGINT: time of its newest allocation, ns since boot."
captured_at = "TIMESTAMP: time of the dump (UTC), as given."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
grown_bytes = "BIGINT: growth since the previous row, bytes; NULL for the first of its boot."
hours = "DOUBLE: time since the previous row, hours."
+++*/
WITH oldest AS (
    -- The clock is coarse before its setup, so such a time could belong to another boot.
    SELECT
        dump_id,
        coalesce(min(alloc_ts) FILTER (WHERE alloc_ts % 1000 <> 0), min(alloc_ts)) AS alloc_ts
    FROM identities
    GROUP BY dump_id
),
named AS (
    SELECT d.*, coalesce(d.boot_id, o.alloc_ts::VARCHAR) AS boot
    FROM dumps d
    LEFT JOIN oldest o ON o.dump_id = d.dump_id
    WHERE d.kind = 'page_owner'
)
SELECT
    boot,
    label AS dump,
    newest_alloc_ts,
    captured_at,
    records,
    pages,
    pages * page_size AS bytes,
    CASE WHEN boot IS NOT NULL
        THEN pages * page_size - lag(pages * page_size) OVER earlier
    END AS grown_bytes,
    CASE WHEN boot IS NOT NULL
        THEN (newest_alloc_ts - lag(newest_alloc_ts) OVER earlier) / 3.6e12
    END AS hours
FROM named
WINDOW earlier AS (
    PARTITION BY host, kernel, boot ORDER BY newest_alloc_ts, captured_at, dump_id
)
ORDER BY host, kernel, boot, newest_alloc_ts NULLS LAST, captured_at, dump_id
