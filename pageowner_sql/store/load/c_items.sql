SELECT ord, raw
FROM (
    SELECT r.ord, 0 AS piece, r.raw
    FROM record_texts r
    SEMI JOIN (
        SELECT r.ord
        FROM records r
        JOIN headers h ON h.header_id = r.header_id
        JOIN rests t ON t.rest_id = r.rest_id
        JOIN layouts l ON l.layout_id = r.layout_id
        WHERE r.dump_id = $dump_id AND NOT (h.plain AND t.plain AND l.plain)
    ) odd ON odd.ord = r.ord
    WHERE r.dump_id = $dump_id
    UNION ALL
    SELECT ord, piece, raw FROM rejects WHERE dump_id = $dump_id AND piece < $most_pieces
    UNION ALL
    SELECT ord, 0, raw FROM gaps WHERE dump_id = $dump_id
)
ORDER BY ord, piece
