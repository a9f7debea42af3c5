INSERT INTO tally_new
SELECT
    text[1], text[3], text[4], layout,
    min(ord), arg_min_null(alloc_ts, ord), arg_min_null(free_ts, ord), count(*)
FROM batch
GROUP BY ALL
