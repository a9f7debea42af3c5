/*+++
title = "Modules that hold the most memory"
question = "Which driver holds the memory?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[columns]
module = "VARCHAR: module of the innermost module frame; vmlinux for the kernel itself."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the dump's bytes, 0 to 1."
+++*/
SELECT
    module,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
GROUP BY module
ORDER BY bytes DESC, module
