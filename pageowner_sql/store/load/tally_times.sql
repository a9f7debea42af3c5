SELECT
    coalesce(sum(times), 0)::BIGINT AS records,
    count(*)::BIGINT AS groups,
    list_filter([
        if(count(alloc_ts) > 0, 'alloc_ts', NULL), if(count(free_ts) > 0, 'free_ts', NULL)
    ], lambda field: field IS NOT NULL) AS timed
FROM record_groups
