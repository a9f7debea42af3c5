-- Stacks that no dump has any more. A stack is known by its text, so that the next load finds it again.
DELETE FROM stacks WHERE stack_id NOT IN (
    SELECT stack_id FROM rests
    UNION
    SELECT stack_id FROM stack_counts
    UNION
    SELECT stack_id FROM sorted_rows WHERE stack_id IS NOT NULL
    UNION
    SELECT stack_id FROM page_reports WHERE stack_id IS NOT NULL
    UNION
    SELECT free_stack_id FROM page_reports WHERE free_stack_id IS NOT NULL
)
