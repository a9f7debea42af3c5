SELECT file_id
FROM symbol_files
WHERE module = $module
    AND kernel IS NOT DISTINCT FROM $kernel
    AND coalesce(build_id, path) = coalesce($build_id, $path)
