/*+++
title = "Migrated pages by reason"
question = "Why did the kernel move pages?"
[params.dump]
type = "dump"
help = "The dump."
[columns]
migrate_reason = "VARCHAR: why the page was last migrated, as the kernel names it."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
SELECT
    migrate_reason,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM allocations
WHERE dump = $dump
    AND migrate_reason IS NOT NULL
GROUP BY migrate_reason
ORDER BY bytes DESC, migrate_reason
