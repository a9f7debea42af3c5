-- The parts of a dump that page_owner_sort reads otherwise, in batches of some MiB.
CREATE OR REPLACE TEMP TABLE c_items AS
SELECT ord, piece, sum(size) OVER (ORDER BY ord, piece ROWS UNBOUNDED PRECEDING) >> 23 AS batch
FROM (
    SELECT r.ord, 0 AS piece, 1024 AS size
    FROM records r
    WHERE r.dump_id = $dump_id AND (
        r.header_id IN (SELECT header_id FROM headers WHERE dump_id = $dump_id AND NOT plain)
        OR r.rest_id IN (SELECT rest_id FROM rests WHERE dump_id = $dump_id AND NOT plain)
        OR r.layout_id IN (SELECT layout_id FROM layouts WHERE dump_id = $dump_id AND NOT plain)
    )
    UNION ALL
    SELECT ord, piece, octet_length(raw) FROM rejects WHERE dump_id = $dump_id
    UNION ALL
    SELECT ord, 0, 1024 FROM gaps WHERE dump_id = $dump_id
)
