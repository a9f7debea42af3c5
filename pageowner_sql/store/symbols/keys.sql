SELECT DISTINCT key_id, function, "offset", addresses
FROM wanted
WHERE file_id = $file_id AND len(addresses) > 0
ORDER BY key_id
