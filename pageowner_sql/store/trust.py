"""Whether the stacks of a dump can be true."""

from __future__ import annotations

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump

EARLY_ONLY = (
    "every stack is the one of early boot, yet the pages were allocated later: the kernel lost "
    "their stacks (arm64 5.10 and 5.11 do), and who owns them cannot be known"
)


def distrust(database: Database, dump: Dump) -> str | None:
    """Why the stacks of a dump cannot be trusted; None where nothing speaks against them."""
    if dump.kind != Kind.PAGE_OWNER:
        return None
    found = database.value(statement("early_only"), {"dump_id": dump.dump_id})
    return EARLY_ONLY if found else None
