/*+++
title = "Live memory by time of allocation"
question = "Was the live memory allocated steadily or at one time?"
needs = ["alloc_ts"]
[params.dump]
type = "dump"
help = "The dump."
[params.step]
type = "duration"
default = "1s"
help = "Length of a step."
[columns]
since = "BIGINT: start of the step, ns since boot."
records = "BIGINT: allocations."
pages = "BIGINT: base pages."
bytes = "BIGINT: pages times the dump's page size, bytes."
held_bytes = "BIGINT: bytes of this step and all earlier steps."
+++*/
SELECT
    (a.alloc_ts // $step) * $step AS since,
    count(*) AS records,
    sum(a.pages)::BIGINT AS pages,
    sum(a.bytes)::BIGINT AS bytes,
    (sum(sum(a.bytes)) OVER (ORDER BY a.alloc_ts // $step))::BIGINT AS held_bytes
FROM allocations a
WHERE a.dump = $dump AND a.alloc_ts IS NOT NULL
GROUP BY a.alloc_ts // $step
ORDER BY since
