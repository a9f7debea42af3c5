"""An empty database in memory, for rows that no database file holds."""

from __future__ import annotations

from pageowner_sql.store.database import MEMORY, Database, Mode
from pageowner_sql.store.interrupts import connect


def scratch() -> Database:
    """An empty database in memory, without this program's tables."""
    return Database(connect(MEMORY, {"temp_directory": ""}), MEMORY, Mode.MEMORY)
