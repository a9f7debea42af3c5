SELECT entry, list(tag ORDER BY tag, pattern), list(pattern ORDER BY tag, pattern)
FROM maintainer_patterns
GROUP BY file_id, entry
ORDER BY entry, file_id
