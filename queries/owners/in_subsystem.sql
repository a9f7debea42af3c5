/*+++
title = "Owners in one subsystem"
question = "Which functions hold the memory of the page cache?"
needs = ["stack"]
[params.dump]
type = "dump"
help = "The dump."
[params.subsystem]
type = "str"
default = "page cache"
help = "Subsystem, such as slab or page tables; `top --by subsystem` lists them."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
owner = "VARCHAR: the function that owns the memory."
module = "VARCHAR: module of the stack; vmlinux for the kernel itself."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
share = "DOUBLE: share of the bytes of all rows, 0 to 1."
+++*/
SELECT
    owner,
    module,
    count(*) AS records,
    sum(pages)::BIGINT AS pages,
    sum(bytes)::BIGINT AS bytes,
    sum(bytes)::DOUBLE / sum(sum(bytes)) OVER () AS share
FROM live_allocations
WHERE dump = $dump
    AND subsystem = $subsystem
GROUP BY owner, module
ORDER BY bytes DESC, owner, module
LIMIT $top
