-- The pending groups of several chunks, those of one text once.
SELECT
    header, page_state, rest, layout, min(ord) AS ord,
    arg_min_null(alloc_ts, ord) AS alloc_ts, arg_min_null(free_ts, ord) AS free_ts,
    sum(times)::BIGINT AS times
FROM tally_new
GROUP BY ALL
