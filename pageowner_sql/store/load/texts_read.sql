SELECT kind, id, raw FROM load_texts WHERE number > $seen ORDER BY kind, id
