DROP TABLE load_texts;
