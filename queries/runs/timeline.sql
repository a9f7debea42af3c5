/*+++
title = "All dumps in the order of time"
description = """
Dumps of one boot are told by --boot, as given at load, else by their oldest allocation, which lives as long as
the boot as a rule. Dumps without times stand alone. `leaks` fits slopes to such rows, key by key.
"""
question = "How did memory develop over the dumps that are loaded?"
[columns]
boot = "VARCHAR: --boot, else the oldest allocation, ns since boot; NULL where neither is known."
dump = "VARCHAR: label of the dump."
newest_alloc_ts = "BIGINT: its newest allocation, ns since boot: its age."
captured_at = "TIMESTAMP: when it was taken (UTC), as given."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
grown_bytes = "BIGINT: bytes more than in the row above; NULL for the first of its boot."
hours = "DOUBLE: time since the row above, hours."
+++*/
WITH oldest AS (
    -- The clock ticks coarsely before it is set up; such a time could be another boot's as well.
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
