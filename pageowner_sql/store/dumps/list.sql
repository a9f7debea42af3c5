SELECT
    label, kind, records, rejected, pages, pages * page_size AS bytes, page_size, captured_at,
    host, kernel, boot_id, tags, source
FROM dumps
ORDER BY dump_id
