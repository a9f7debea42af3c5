SELECT count(*) = count(DISTINCT (kind, h)) FROM load_texts
