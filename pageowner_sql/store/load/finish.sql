DROP VIEW load_matched;
DROP TABLE load_texts;
DROP TABLE IF EXISTS load_hashes;
