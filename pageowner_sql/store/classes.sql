-- Classes of memory, each with the counters of /proc/meminfo that have it.

-- The first that fits: a page counts once, although its subsystem could have it in two.
CREATE OR REPLACE MACRO class_of(subsystem, slab, vmalloc) AS
    CASE
        WHEN subsystem IS NULL THEN NULL
        WHEN subsystem = 'early boot' THEN subsystem
        WHEN slab THEN 'slab'
        WHEN subsystem IN ('anonymous memory', 'shmem', 'page tables', 'kernel stacks', 'percpu')
            THEN subsystem
        WHEN subsystem IN ('page cache', 'buffer cache') THEN 'page cache'
        WHEN vmalloc THEN 'vmalloc'
        ELSE 'other kernel memory'
    END;

CREATE OR REPLACE VIEW class_counters AS
FROM (VALUES
    ('slab', 'Slab', 1),
    ('anonymous memory', 'AnonPages', 1),
    ('shmem', 'Shmem', 1),
    ('page cache', 'Cached', 1),
    ('page cache', 'Buffers', 1),
    ('page cache', 'SwapCached', 1),
    ('page cache', 'Shmem', -1),
    ('page tables', 'PageTables', 1),
    ('page tables', 'SecPageTables', 1),
    ('kernel stacks', 'KernelStack', 1),
    ('percpu', 'Percpu', 1)
) counters(class, field, sign);
