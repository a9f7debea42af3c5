SELECT count(*) FILTER (WHERE fits), coalesce(sum(known), 0), coalesce(sum(agreeing), 0)
FROM fits
WHERE file_id = $file_id
