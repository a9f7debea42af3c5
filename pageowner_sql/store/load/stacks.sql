-- vmalloc as page_owner_sort tells it: the frame that __vmalloc_node_range calls allocates pages.
-- Frames are counted before they meet the texts, so that a long stack's text is handled once.
INSERT INTO stacks
SELECT
    n.stack_id,
    n.text,
    coalesce(f.depth, 0),
    coalesce(f.function_stack, if(n.stands_in, n.text, '')),
    coalesce(f.is_slab, false),
    coalesce(f.in_vmalloc AND f.allocates, false)
FROM new_stacks n
LEFT JOIN (
    SELECT
        stack_id,
        count(*)::INTEGER AS depth,
        string_agg(coalesce(base_function, '0x' || to_hex(address)), chr(10) ORDER BY pos) AS function_stack,
        bool_or(base_function IN ('new_slab', 'allocate_slab', 'alloc_slab_page', '___slab_alloc')) AS is_slab,
        bool_or(base_function LIKE '%\_\_vmalloc\_node\_range%' ESCAPE '\') AS in_vmalloc,
        bool_or(base_function LIKE '%alloc\_pages%' ESCAPE '\') AS allocates
    FROM frames
    WHERE stack_id BETWEEN $first AND $last
    GROUP BY stack_id
) f ON f.stack_id = n.stack_id
