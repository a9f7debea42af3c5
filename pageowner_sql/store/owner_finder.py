"""Owners of stacks that no dump here has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.stacks import StackTables


class Owner(NamedTuple):
    """Whose a stack is."""

    owner: str
    subsystem: str


class OwnerFinder:
    """Finds the owners of stacks by the rules, each stack once. Close it."""

    def __init__(self) -> None:
        self._database = Database.open("", Mode.MEMORY)
        self._stacks = StackTables(self._database)
        self._known: dict[str, Owner] = {}

    def find(self, stacks: Sequence[str]) -> dict[str, Owner]:
        """The owner of each stack, which is a line a frame."""
        new = [each for each in dict.fromkeys(stacks) if each not in self._known]
        if new:
            # As table stacks has them.
            lines = ("\n".join(map(str.strip, each.splitlines())) for each in new)
            ids = self._stacks.ids(list(lines))
            keep_owners(self._database)
            rows = self._database.rows("SELECT stack_id, owner, subsystem FROM stack_owners")
            owners = {number: Owner(owner, subsystem) for number, owner, subsystem in rows}
            nobody = Owner("(unknown)", "(unknown)")
            self._known |= {
                stack: owners.get(number, nobody) for stack, number in zip(new, ids, strict=True)
            }
        return {each: self._known[each] for each in stacks}

    def close(self) -> None:
        """Close the database in memory."""
        self._database.close()
