"""A loaded dump -> its rows of a lake's tables, as Arrow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pageowner_sql import __version__
from pageowner_sql.lake.tables import arrow_schema, new_dump_id
from pageowner_sql.output.report.redact import LABEL, Redactor
from pageowner_sql.store.arrow import table
from pageowner_sql.store.stream import stream

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database
    from pageowner_sql.store.dumps import Dump

_HERE = Path(__file__).parent
_MEMORY = "SELECT max(bytes) FROM meminfo WHERE dump_id = $dump AND field = 'MemTotal'"
_STACKS = """
SELECT stack_id, text, function_stack FROM stacks
WHERE stack_id IN (SELECT stack_id FROM dump_stacks WHERE dump_id = $dump)
"""
# Columns whose values are chosen by users of the machine.
_NAMES = ("comm", "memcg")


@cache
def statement(name: str) -> str:
    """The text of lake/NAME.sql."""
    return (_HERE / f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class DumpRows:
    """What one dump adds to the tables of a lake."""

    sha256: str
    tables: dict[str, Any]

    @property
    def weight(self) -> int:
        """Bytes in memory."""
        return sum(rows.nbytes for rows in self.tables.values())


def content_key(text: str) -> str:
    """128 bits of the SHA-256 of a text, in hex: nobody can make two stacks of one key."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def dump_rows(
    database: Database, dump: Dump, *, records: bool = False, redactor: Redactor | None = None
) -> DumpRows:
    """The rows of a dump that `database` holds; `records`: every record too."""
    added_at = datetime.now(UTC)
    day = (dump.captured_at or added_at).date()
    dump_id = new_dump_id()
    keep_stack_keys(database, dump, redactor)
    values = {"dump": dump.dump_id, "dump_id": dump_id, "day": day}
    hashed = _hashed(redactor)
    facts = {
        "dump_id": dump_id,
        "day": day,
        "label": hashed(LABEL, dump.label),
        "kind": dump.kind,
        "host": hashed("host", dump.host),
        "kernel": dump.kernel,
        "captured_at": dump.captured_at and dump.captured_at.replace(tzinfo=UTC),
        "boot_id": hashed("boot", dump.boot_id),
        "page_size": dump.page_size,
        "records": dump.records,
        "rejected": dump.rejected,
        "pages": dump.pages,
        "bytes": dump.pages * dump.page_size,
        "memory_bytes": database.value(_MEMORY, {"dump": dump.dump_id}),
        "text_bytes": dump.bytes,
        "newest_alloc_ts": dump.newest_alloc_ts,
        "tags": list(dump.tags.items()),
        "fields": list(dump.fields),
        "redacted": redactor is not None,
        "sha256": dump.sha256,
        "added_at": added_at,
        "version": __version__,
    }
    tables = {
        "stacks": _arrow(database, "stacks", {}),
        "groups": _without_names(_arrow(database, "groups", values), redactor),
        "dumps": dumps_table([facts]),
    }
    if records:
        tables["records"] = _arrow(database, "records", values)
    return DumpRows(dump.sha256, tables)


def dumps_table(rows: list[dict[str, Any]]) -> Any:
    """Rows of table dumps as Arrow."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=arrow_schema("dumps"))


def keep_stack_keys(database: Database, dump: Dump, redactor: Redactor | None) -> None:
    """Give a connection `stack_keys`: the dump's stacks by number, with their keys and texts."""
    numbers, stacks, functions = [], [], []
    for number, text, function_stack in database.rows(_STACKS, {"dump": dump.dump_id}):
        numbers.append(number)
        stacks.append(redactor.frame(text) if redactor else text)
        functions.append(redactor.frame(function_stack) if redactor else function_stack)
    columns = {
        "stack_id": ("int32", numbers),
        "stack_key": ("text", [content_key(text) for text in stacks]),
        "function_key": ("text", [content_key(text) for text in functions]),
        "stack": ("text", stacks),
        "function_stack": ("text", functions),
    }
    database.feed("stack_keys", table(columns))


def _hashed(redactor: Redactor | None) -> Callable[[str, str | None], str | None]:
    def hashed(key: str, value: str | None) -> str | None:
        return value if redactor is None or value is None else redactor.hashed(key, value)

    return hashed


def _arrow(database: Database, name: str, values: dict[str, Any]) -> Any:
    import pyarrow as pa

    return pa.table(stream(database, statement(name), values)).cast(arrow_schema(name))


def _without_names(rows: Any, redactor: Redactor | None) -> Any:
    if redactor is None:
        return rows
    for name in _NAMES:
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(at), _replaced(rows[name], name, redactor))
    return rows


def _replaced(column: Any, key: str, redactor: Redactor) -> Any:
    import pyarrow as pa

    encoded = column.combine_chunks().dictionary_encode()
    values = pa.array([redactor.hashed(key, value) for value in encoded.dictionary.to_pylist()])
    return pa.DictionaryArray.from_arrays(encoded.indices, values).cast(pa.string())


def join_rows(batch: list[DumpRows], name: str) -> Any | None:
    """The rows of several dumps for one table; None where none has any."""
    import pyarrow as pa

    tables = [rows.tables[name] for rows in batch if name in rows.tables]
    return pa.concat_tables(tables) if tables else None


def distinct(rows: Any, key: str) -> Any:
    """The rows with the first occurrence of each key."""
    seen: set[str] = set()
    return rows.take(list(_first(rows[key].to_pylist(), seen)))


def _first(keys: list[str], seen: set[str]) -> Iterator[int]:
    for at, key in enumerate(keys):
        if key not in seen:
            seen.add(key)
            yield at
