"""Owners kept up: derived at the end of a load, and again where the rules in force have changed."""

from __future__ import annotations

import os
from pathlib import Path

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.owner_rules import RuleSet, read_rules
from pageowner_sql.store.owners import sync_owners


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
