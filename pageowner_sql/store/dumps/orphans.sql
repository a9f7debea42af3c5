-- Stacks that no dump has any more. A stack is known by its text, so that the next load finds it again.
DELETE FROM stacks WHERE stack_id NOT IN (SELECT stack_id FROM rests)
