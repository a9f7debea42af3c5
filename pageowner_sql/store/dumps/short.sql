SELECT label, kind, records, rejected, pages, pages * page_size AS bytes, captured_at
FROM dumps
ORDER BY dump_id
