SELECT
    dump_id, label, kind, source, bytes, records, rejected, pages, truncated_ord IS NOT NULL,
    captured_at, loaded_at, host, kernel, boot_id, page_size, page_size_given, tags, fields,
    newest_alloc_ts, sha256, head_sha256, repairs
FROM dumps
ORDER BY dump_id
