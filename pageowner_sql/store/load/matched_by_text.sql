-- As matched_by_hash.sql, for a dump with two texts of one hash: slower, and right with any.
SELECT
    g.* EXCLUDE (header, page_state, rest),
    h.id AS header_id, p.id AS page_state_id, r.id AS rest_id, true AS same
FROM load_groups g
JOIN (SELECT id, raw FROM load_texts WHERE kind = 1) h ON h.raw = g.header
JOIN (SELECT id, raw FROM load_texts WHERE kind = 3) p ON p.raw = g.page_state
JOIN (SELECT id, raw FROM load_texts WHERE kind = 4) r ON r.raw = g.rest
