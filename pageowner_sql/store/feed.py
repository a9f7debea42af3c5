"""Arrow data as DuckDB scans it, by way of a name that stays registered."""

from __future__ import annotations

from typing import Any


class Feed:
    """Arrow data that can be exchanged for other of the same columns; read anew by every scan."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)
