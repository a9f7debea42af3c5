-- The batch lies between the positions $first and $last, which spares a look at the rest of the dump.
SELECT ord, raw
FROM (
    SELECT r.ord, 0 AS piece, r.raw
    FROM record_texts r
    SEMI JOIN (SELECT ord FROM c_items WHERE batch = $batch) i ON i.ord = r.ord
    WHERE r.dump_id = $dump_id AND r.ord BETWEEN $first AND $last
    UNION ALL
    SELECT j.ord, j.piece, j.raw
    FROM rejects j
    SEMI JOIN (SELECT ord, piece FROM c_items WHERE batch = $batch) i
        ON i.ord = j.ord AND i.piece = j.piece
    WHERE j.dump_id = $dump_id AND j.ord BETWEEN $first AND $last
    UNION ALL
    SELECT g.ord, 0, g.raw
    FROM gaps g
    SEMI JOIN (SELECT ord FROM c_items WHERE batch = $batch) i ON i.ord = g.ord
    WHERE g.dump_id = $dump_id AND g.ord BETWEEN $first AND $last
)
ORDER BY ord, piece
