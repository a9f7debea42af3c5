CREATE TABLE IF NOT EXISTS owner_rules (
    rule_id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    role VARCHAR,
    part VARCHAR NOT NULL,
    pattern VARCHAR NOT NULL,
    note VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS stack_owners (
    stack_id INTEGER NOT NULL,
    owner VARCHAR NOT NULL,
    owner_pos INTEGER,
    owner_module VARCHAR,
    subsystem VARCHAR NOT NULL,
    owner_by VARCHAR NOT NULL,
    owner_rule INTEGER,
    plumbing_rule INTEGER,
    subsystem_rule INTEGER,
    subsystem_pos INTEGER
);

CREATE TABLE IF NOT EXISTS owner_state (digest VARCHAR NOT NULL);
