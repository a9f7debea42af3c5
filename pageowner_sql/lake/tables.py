"""The tables of a lake: their columns as Arrow has them, and what makes a key."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, Final

# Base pages by their age at the time of the dump; one column holds what is younger than its name.
AGES: Final = tuple(
    f"pages_{age}" for age in ("1s", "10s", "1min", "10min", "1h", "1d", "1w", "older")
)

_KEYS: Final[Mapping[str, str]] = {
    "dump_id": "string",
    "day": "date",
    "stack_key": "string",
    "comm": "string",
    "memcg": "string",
    "order": "int32",
    "migratetype": "string",
    "allocator": "string",
    "node": "int32",
    "zone": "int32",
    "gfp": "string",
}

# Column -> Arrow type. DuckDB and Spark read all of them without a cast.
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "dumps": {
        "dump_id": "string",
        "day": "date",
        "label": "string",
        "kind": "string",
        "host": "string",
        "kernel": "string",
        "captured_at": "timestamp",
        "boot_id": "string",
        "page_size": "int32",
        "records": "int64",
        "rejected": "int64",
        "pages": "int64",
        "bytes": "int64",
        "memory_bytes": "int64",
        "text_bytes": "int64",
        "newest_alloc_ts": "int64",
        "tags": "tags",
        "fields": "list",
        "redacted": "bool",
        "sha256": "string",
        "added_at": "timestamp",
        "version": "string",
    },
    "stacks": {
        "stack_key": "string",
        "function_key": "string",
        "owner": "string",
        "owner_module": "string",
        "subsystem": "string",
        "stack": "string",
        "function_stack": "string",
    },
    "groups": {
        **_KEYS,
        "records": "int64",
        "pages": "int64",
        "bytes": "int64",
        **dict.fromkeys(AGES, "int64"),
    },
    "records": {
        **_KEYS,
        "ord": "int32",
        "pfn": "int64",
        "pages": "int64",
        "bytes": "int64",
        "pid": "int32",
        "tgid": "int32",
        "alloc_ts": "int64",
        "free_ts": "int64",
        "pageblock_migratetype": "string",
        "flags": "string",
        "migrate_reason": "string",
    },
}

TABLES: Final = tuple(COLUMNS)
# Those with rows for each dump are in a folder a day, which old data is dropped by.
BY_DAY: Final = frozenset({"groups", "records"})

_DUCKDB: Final[Mapping[str, str]] = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "tags": "MAP(VARCHAR, VARCHAR)",
    "list": "VARCHAR[]",
}


def duckdb_types(table: str) -> dict[str, str]:
    """Column -> DuckDB's type."""
    return {name: _DUCKDB[kind] for name, kind in COLUMNS[table].items()}


def arrow_schema(table: str) -> Any:
    """The table's schema for pyarrow."""
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "tags": pa.map_(pa.string(), pa.string()),
        "list": pa.list_(pa.string()),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in COLUMNS[table].items()])


def new_dump_id() -> str:
    """A key of 128 bits that nobody else makes, in hex; it begins with the time, as UUIDv7 does."""
    return oldest_dump_id(time.time())[:12] + os.urandom(10).hex()


def oldest_dump_id(seconds: float) -> str:
    """The smallest key that is made at that time (seconds since 1970)."""
    return f"{int(seconds * 1000):012x}{0:020x}"
