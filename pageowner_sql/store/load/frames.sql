INSERT INTO frames
SELECT stack_id, pos, function, base_function(function), "offset", size, module, address
FROM new_frames
