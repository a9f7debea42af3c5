"""An empty database in memory, for rows that no database file holds."""

from __future__ import annotations

import duckdb

from pageowner_sql.store.database import Database, Mode


def scratch() -> Database:
    """An empty database in memory, without this program's tables."""
    return Database(
        duckdb.connect(":memory:", config={"temp_directory": ""}), ":memory:", Mode.MEMORY
    )
