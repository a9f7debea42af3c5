-- vmalloc as page_owner_sort tells it: the frame that __vmalloc_node_range calls allocates pages.
INSERT INTO stacks
SELECT
    n.stack_id,
    n.text,
    count(f.pos)::INTEGER,
    coalesce(string_agg(coalesce(f.base_function, '0x' || to_hex(f.address)), chr(10) ORDER BY f.pos),
        if(n.stands_in, n.text, '')),
    coalesce(bool_or(f.base_function IN ('new_slab', 'allocate_slab', 'alloc_slab_page', '___slab_alloc')), false),
    coalesce(bool_or(f.base_function LIKE '%\_\_vmalloc\_node\_range%' ESCAPE '\'), false)
        AND coalesce(bool_or(f.base_function LIKE '%alloc\_pages%' ESCAPE '\'), false)
FROM new_stacks n
LEFT JOIN frames f ON f.stack_id = n.stack_id
GROUP BY n.stack_id, n.text, n.stands_in
