-- A frame a line, but for $ends, the end markers of old kernels' stacks.
INSERT INTO frames
WITH read AS MATERIALIZED (
    -- Once for all stacks that a line stands in.
    SELECT *, base_function(function) AS base_function FROM new_lines
)
SELECT stack_id, pos, function, base_function, "offset", size, module, address, file, line, inlined,
    guessed
FROM (
    SELECT stack_id, unnest(lines) AS text, generate_subscripts(lines, 1) - 1 AS pos
    FROM (
        SELECT
            stack_id,
            list_filter(
                string_split(text, chr(10)), lambda line: NOT list_contains($ends::VARCHAR[], line)
            ) AS lines
        FROM new_stacks
        WHERE text <> '' AND NOT stands_in
    )
)
JOIN read USING (text)
