CREATE OR REPLACE TEMP TABLE named_queries (
    name VARCHAR NOT NULL,
    theme VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    about VARCHAR NOT NULL,
    needs VARCHAR[] NOT NULL,
    parameters STRUCT(name VARCHAR, type VARCHAR, help VARCHAR)[] NOT NULL,
    columns STRUCT(name VARCHAR, type VARCHAR, meaning VARCHAR)[] NOT NULL,
    sql VARCHAR NOT NULL,
    file VARCHAR NOT NULL
);
COMMENT ON TABLE named_queries IS 'The catalogue of named queries, as `pageowner-sql query` lists it.';
COMMENT ON COLUMN named_queries.name IS 'What people type.';
COMMENT ON COLUMN named_queries.theme IS 'Folder that it lies in.';
COMMENT ON COLUMN named_queries.title IS 'What it shows.';
COMMENT ON COLUMN named_queries.question IS 'A question that it answers.';
COMMENT ON COLUMN named_queries.description IS 'More about it, or empty.';
COMMENT ON COLUMN named_queries.about IS 'What its tables are those of: database, or lake.';
COMMENT ON COLUMN named_queries.needs IS 'Fields that its dumps must have, as dumps.fields has them.';
COMMENT ON COLUMN named_queries.parameters IS 'Its parameters: name, type and meaning.';
COMMENT ON COLUMN named_queries.columns IS 'The columns of its result: name, type and meaning.';
COMMENT ON COLUMN named_queries.sql IS 'The statement.';
COMMENT ON COLUMN named_queries.file IS 'File that it was read from.';
