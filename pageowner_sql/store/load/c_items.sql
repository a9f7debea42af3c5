-- The parts of a dump that page_owner_sort reads differently, in batches of some MiB.
CREATE OR REPLACE TEMP TABLE c_items AS
SELECT ord, piece, sum(size) OVER (ORDER BY ord, piece ROWS UNBOUNDED PRECEDING) >> 23 AS batch
FROM (
    SELECT r.ord, 0 AS piece, 512 + octet_length(t.raw) AS size
    FROM (
        SELECT ord, rest_id FROM records
        WHERE dump_id = $dump_id AND (
            header_id IN (SELECT header_id FROM headers WHERE dump_id = $dump_id AND NOT plain)
            OR rest_id IN (SELECT rest_id FROM rests WHERE dump_id = $dump_id AND NOT plain)
            OR layout_id IN (SELECT layout_id FROM layouts WHERE dump_id = $dump_id AND NOT plain)
        )
    ) r
    JOIN rests t ON t.rest_id = r.rest_id
    UNION ALL
    SELECT ord, piece, octet_length(raw) FROM rejects WHERE dump_id = $dump_id
    UNION ALL
    SELECT ord, 0, octet_length(raw) FROM gaps WHERE dump_id = $dump_id
)
