-- Many of the very oldest can be of one tick of a coarse clock, so times of their own are taken.
INSERT INTO oldest_allocations
SELECT $dump_id, list_sort(list_distinct(min(alloc_ts, 1000)))[:256]
FROM records
WHERE dump_id = $dump_id AND alloc_ts > 0
HAVING count(*) > 0
