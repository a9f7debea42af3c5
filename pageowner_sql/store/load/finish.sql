DROP TABLE load_matched;
DROP TABLE load_groups;
DROP TABLE load_texts;
