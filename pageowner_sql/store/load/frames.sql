-- A frame a line of a stack.
INSERT INTO frames BY NAME
SELECT stack_id, pos, new_lines.* EXCLUDE (number)
FROM new_frames
JOIN new_lines USING (number)
