/*+++
title = "How each series of samples moves: trend, step, spike or rhythm"
description = """
Each series of a source is compared with a straight line, with one step, and with a wave of the given period; what
explains most of its movement names its shape. A spike is high in few samples only, and is over.
"""
question = "What grows for good, and what only comes and goes?"
[params.source]
type = "str"
default = "stacks"
help = "stacks (show_handles or show_stacks), allocinfo or meminfo."
[params.period]
type = "duration"
default = "1d"
help = "Length of the rhythm."
[params.least]
type = "size"
default = "1M"
help = "Leave out what moves by less."
[params.top]
type = "int"
default = 20
help = "Rows to return."
[columns]
shape = "VARCHAR: trend, step, spike, rhythm, or unclear."
series_id = "INTEGER: joins sample_series.series_id."
name = "VARCHAR: what was counted: a handle, stack, line of source, or field."
function_hint = "VARCHAR: the first line of the stack that is not the allocator's own, as printed; NULL without a stack."
samples = "BIGINT: samples of its boot."
first_bytes = "BIGINT: bytes in the first of them."
last_bytes = "BIGINT: bytes in the last."
least_bytes = "BIGINT: bytes where it held the least."
most_bytes = "BIGINT: bytes where it held the most."
slope_bytes_per_hour = "DOUBLE: of a straight line through all."
explained_share = "DOUBLE: share of the movement that the shape explains, 0 to 1; NULL for a spike."
step_at = "TIMESTAMP: where one step fits best (UTC)."
boot_id = "VARCHAR: the boot."
+++*/
WITH points AS (
    SELECT boot_id, series_id, taken_at, bytes
    FROM sample_points
    WHERE source = $source OR ($source = 'stacks' AND source IN ('show_handles', 'show_stacks'))
)
SELECT
    x.shape,
    x.series_id,
    n.name,
    function_hint(n.stack) AS function_hint,
    x.samples,
    x.first_bytes,
    x.last_bytes,
    x.least_bytes,
    x.most_bytes,
    x.slope_bytes_per_hour,
    x.explained_share,
    x.step_at,
    x.boot_id
FROM shapes_of('points', $period, $least) x
JOIN sample_series n ON n.series_id = x.series_id
ORDER BY x.shape = 'trend' DESC, x.most_bytes - x.least_bytes DESC, x.series_id, x.boot_id
LIMIT $top
