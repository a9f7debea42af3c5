DROP VIEW load_matched;
DROP TABLE load_texts;
