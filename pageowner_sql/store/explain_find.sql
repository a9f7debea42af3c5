-- The stacks that a function stands in: those it owns first, then by what they hold in all dumps.
WITH through AS (
    SELECT f.stack_id, coalesce(any_value(o.owner) = $function, false) AS owns
    FROM frames f
    LEFT JOIN stack_owners o ON o.stack_id = f.stack_id
    WHERE f.base_function = $function OR f.function = $function
    GROUP BY f.stack_id
),
held AS (
    SELECT t.stack_id, sum(1::BIGINT << h."order") AS pages
    FROM records r
    JOIN known_rests t ON t.rest_id = r.rest_id
    JOIN headers h ON h.header_id = r.header_id
    WHERE t.stack_id IN (SELECT stack_id FROM through)
    GROUP BY t.stack_id
    UNION ALL
    SELECT stack_id, pages FROM summaries WHERE stack_id IN (SELECT stack_id FROM through)
)
SELECT s.stack_id
FROM through s
LEFT JOIN held h ON h.stack_id = s.stack_id
GROUP BY s.stack_id, s.owns
ORDER BY s.owns DESC, sum(h.pages) DESC NULLS LAST, s.stack_id
