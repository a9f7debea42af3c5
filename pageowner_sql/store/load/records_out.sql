DELETE FROM records WHERE dump_id = $dump_id AND ord IN (SELECT ord FROM batch)
