"""Stacks made up for a test, stored as a load would store them."""

from collections.abc import Sequence
from pathlib import Path

from pageowner_sql.store.database import Database
from pageowner_sql.store.owner_rules import read_rules
from pageowner_sql.store.owners import Explanation, explain_stack, sync_owners

SLAB = "post_alloc_hook < get_page_from_freelist < __alloc_pages < alloc_slab_page < ___slab_alloc"
PAGE = "get_page_from_freelist < __alloc_pages_nodemask < alloc_pages_current"


def stored(database: Database, stack: str, rules: Sequence[Path] = ()) -> Explanation:
    """Store one stack, frames innermost first and apart by <, and explain it."""
    stack_id = store(database, stack)
    sync_owners(database, read_rules(rules))
    return explain_stack(database, stack_id)


def store(database: Database, stack: str) -> int:
    """Store one stack as `stored` does, without its owner; its number."""
    stack_id = int(database.value("SELECT coalesce(max(stack_id), 0) + 1 FROM stacks"))
    database.run(
        "INSERT INTO stacks BY NAME SELECT $id AS stack_id, '' AS text, 0 AS depth, "
        "'' AS function_stack, false AS is_slab, false AS is_vmalloc",
        {"id": stack_id},
    )
    for pos, frame in enumerate(filter(None, stack.split(" < "))):
        name, _, module = frame.partition(" [")
        bare = name.startswith("0x")
        database.run(
            "INSERT INTO frames BY NAME SELECT $id AS stack_id, $pos AS pos, $name AS function, "
            "base_function($name) AS base_function, $module AS module, $address AS address",
            {
                "id": stack_id,
                "pos": pos,
                "name": None if bare else name,
                "module": module.rstrip("]") or None,
                "address": int(name, 16) if bare else None,
            },
        )
    return stack_id
