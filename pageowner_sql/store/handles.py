"""Counts of a dump's handles with and without a known stack; handles.sql finds the stacks."""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql.store.database import Database, statement


@dataclass(frozen=True)
class Handles:
    """The handles of a dump without stacks: how many, and what those that stay unknown hold.

    `lenders` are the labels of the dumps whose stacks are used.
    """

    handles: int
    unknown: int
    unknown_pages: int
    lenders: tuple[str, ...]


def handles_of(database: Database, dump_id: int) -> Handles:
    """How far the handles of a dump, or of a show_handles file, are known."""
    [(handles, unknown, pages, lenders)] = database.rows(
        statement("handles_of"), {"dump_id": dump_id}
    )
    return Handles(handles, unknown, pages, tuple(lenders))
