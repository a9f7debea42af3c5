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

COMMENT ON TABLE owner_rules IS 'The rules that give a stack its owner and subsystem, one row a pattern.';
COMMENT ON COLUMN owner_rules.rule_id IS 'Position: of two rules of one kind that match, the lower one decides.';
COMMENT ON COLUMN owner_rules.source IS 'built-in, or the file the rule was read from.';
COMMENT ON COLUMN owner_rules.kind IS 'frame: gives a frame its role. subsystem: gives a stack its subsystem.';
COMMENT ON COLUMN owner_rules.name IS 'What the rule is about; of a subsystem rule, the subsystem.';
COMMENT ON COLUMN owner_rules.role IS 'plumbing, helper, boundary or owner; NULL for a subsystem rule.';
COMMENT ON COLUMN owner_rules.part IS 'What the pattern is held against: function, module, owner, via or frame.';
COMMENT ON COLUMN owner_rules.pattern IS 'A whole name; * stands for any run of characters, ? for one.';
COMMENT ON COLUMN owner_rules.note IS 'Why the rule is there, or empty.';

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

COMMENT ON TABLE stack_owners IS 'Whose memory a stack is: one row for each row of stacks, derived from owner_rules.';
COMMENT ON COLUMN stack_owners.stack_id IS 'Joins stacks.stack_id.';
COMMENT ON COLUMN stack_owners.owner IS 'The function that the memory is for, as frames.base_function; (no stack) where there is no frame.';
COMMENT ON COLUMN stack_owners.owner_pos IS 'Where it stands: joins frames.pos. NULL where there is no frame.';
COMMENT ON COLUMN stack_owners.owner_module IS 'The owner''s module; NULL for the kernel itself.';
COMMENT ON COLUMN stack_owners.subsystem IS 'Its part of the kernel, named by the rule that matched; other where none did.';
COMMENT ON COLUMN stack_owners.owner_by IS 'first: the first frame past the plumbing. helper, boundary, plumbing: nothing better stood there. none: no frames.';
COMMENT ON COLUMN stack_owners.owner_rule IS 'The frame rule that matches the owner itself, if any: joins owner_rules.rule_id.';
COMMENT ON COLUMN stack_owners.plumbing_rule IS 'The frame rule of the frame just inside the owner: the interface it allocated through.';
COMMENT ON COLUMN stack_owners.subsystem_rule IS 'The subsystem rule that decided; NULL where none did.';
COMMENT ON COLUMN stack_owners.subsystem_pos IS 'The frame it matched: the owner, or the nearest known frame outside an owner that no rule knows.';

CREATE TABLE IF NOT EXISTS owner_state (digest VARCHAR NOT NULL);

COMMENT ON TABLE owner_state IS 'Which rules stack_owners was derived with.';
COMMENT ON COLUMN owner_state.digest IS 'SHA-256 of the rules and of the SQL that applies them.';
