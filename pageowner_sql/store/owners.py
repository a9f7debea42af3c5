"""Whose memory a stack is: keeps `stack_owners` true to the rules, and says why it is so.

The rules are data (owner_rules.py) and applying them is SQL (owners.sql); this connects the two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.owner_rules import RuleSet, read_rules

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database
    from pageowner_sql.store.owner_rules import RuleSet

# Frames whose stacks get their owners together, some 400 bytes of DuckDB's memory each.
TOGETHER = 1 << 18

# How many columns of explain_rows.sql are the decision's.
_DECISION = 6


@dataclass(frozen=True, slots=True)
class FrameVerdict:
    """One frame of a stack and the frame rule that gave it its role; `rule` None: none did.

    `subsystem_by`: what of the subsystem rule it met, as `part pattern, …`; None for nothing.
    """

    pos: int
    function: str
    role: str
    rule: str | None
    is_owner: bool
    subsystem_by: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. `rule` and `source` are the subsystem rule's; None without one."""

    owner: str
    owner_module: str | None
    owner_by: str
    subsystem: str
    rule: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and the frames that it rests on, innermost first."""

    stack_id: int
    decision: Decision
    frames: tuple[FrameVerdict, ...]


def sync_owners(database: Database, rules: RuleSet) -> int:
    """Give every row of `stacks` its row in `stack_owners` under `rules`; how many were derived.

    Call it within a transaction. In a database opened to read, where what is stored does not fit
    `rules`, the tables are made anew as this connection's own: every view then sees those.
    """
    digest = rules.digest(statement("owners"))
    known = _has_owners(database)
    fits = known and _stored_digest(database) == digest
    if database.mode is Mode.READ:
        if fits:
            return 0
        database.run(statement("owners_schema").replace("CREATE TABLE", "CREATE TEMP TABLE"))
    elif not known:
        database.script("owners_schema")
    if not fits:
        _replace_rules(database, rules, digest)
    database.run("DELETE FROM stack_owners WHERE stack_id NOT IN (SELECT stack_id FROM stacks)")
    windows = database.rows(statement("owners_pending"), {"frames": TOGETHER})
    derived = statement("owners")
    return sum(int(database.value(derived, {"first": a, "last": z})) for a, z in windows)


def owners_digest(database: Database) -> str | None:
    """The digest of the rules that `stack_owners` was derived with; None where it never was."""
    return _stored_digest(database) if _has_owners(database) else None


def _has_owners(database: Database) -> bool:
    found = database.value(
        "SELECT 1 FROM duckdb_tables() WHERE table_name = 'owner_state' "
        "AND database_name IN (current_database(), 'temp')"
    )
    return found is not None


def _stored_digest(database: Database) -> str | None:
    digest = database.value("SELECT digest FROM owner_state")
    return None if digest is None else str(digest)


def explain_stack(database: Database, stack_id: int) -> Explanation:
    """Every frame of a stack with the rule that classified it, after `sync_owners`.

    Raises InputError where there is no such stack.
    """
    rows = database.rows(statement("explain_rows"), {"stack_id": stack_id})
    if not rows:
        raise InputError(f"no stack {stack_id} in this database")
    decision = Decision(*rows[0][:_DECISION])
    frames = (FrameVerdict(*row[_DECISION:]) for row in rows if row[_DECISION] is not None)
    return Explanation(stack_id, decision, tuple(frames))


def _replace_rules(database: Database, rules: RuleSet, digest: str) -> None:
    for table in ("stack_owners", "owner_rules", "owner_state"):
        database.run(f"DELETE FROM {table}")  # noqa: S608  # a closed set
    database.run(statement("owners_rules"), rules.columns)
    database.run("INSERT INTO owner_state VALUES ($digest)", {"digest": digest})


def rules_in_force() -> RuleSet:
    """The rules of the files in $PAGEOWNER_RULES (`:` between them), then the built-in ones.

    Raises RulesError where a file cannot be read or is wrong.
    """
    files = os.environ.get("PAGEOWNER_RULES", "").split(os.pathsep)
    return read_rules([Path(file) for file in files if file])


def keep_owners(database: Database) -> int:
    """Make `stack_owners` follow the rules in force; how many stacks were derived.

    In a database opened to read, what differs is this connection's own.
    """
    rules = rules_in_force()
    if database.mode is Mode.READ and database.facts.get("rules") == rules:
        return 0
    derived = sync_owners(database, rules)
    # What is opened to read stays as it is, so nobody has to look again.
    database.facts["rules"] = rules
    return derived
