"""Small files of a lake -> large ones, old days and the rows of killed writers removed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pageowner_sql.errors import DatabaseError
from pageowner_sql.lake.delta import lake_errors, parquet_properties
from pageowner_sql.lake.reader import lake_views
from pageowner_sql.lake.tables import BY_DAY, TABLES, oldest_dump_id
from pageowner_sql.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pageowner_sql.lake.delta import DeltaLake

# A writer that has not finished after a day was killed.
_WRITING: Final = 86_400
_TRIES: Final = 10
# Names in one predicate.
_TOGETHER: Final = 1000
_ORPHANS = """
SELECT DISTINCT dump_id FROM {table}
WHERE dump_id < $oldest AND dump_id NOT IN (SELECT dump_id FROM dumps)
ORDER BY dump_id
"""


@dataclass(frozen=True)
class Compacted:
    """What became of a table: its files before and after, and the bytes of the files deleted."""

    table: str
    before: int
    after: int
    bytes: int
    deleted: int


def compact(
    lake: DeltaLake,
    settings: Mapping[str, str | int],
    *,
    keep_days: int | None,
    grace_hours: int,
    today: date,
) -> list[Compacted]:
    """Compact every table; others may read and add meanwhile.

    Days older than `keep_days` are removed. A file that is not used any more is deleted after
    `grace_hours`: a query that began before may read it until then.
    """
    if keep_days is not None:
        first = literal((today - timedelta(days=keep_days)).isoformat())
        # Dumps first: a reader must not find a dump without its groups.
        for table in ("dumps", *sorted(BY_DAY)):
            _delete(lake, table, f"day < CAST({first} AS DATE)")
    _remove_orphans(lake, settings)
    return [_compact(lake, table, grace_hours) for table in TABLES]


def _remove_orphans(lake: DeltaLake, settings: Mapping[str, str | int]) -> None:
    oldest = oldest_dump_id(time.time() - _WRITING)
    with lake_views(lake, settings) as database:
        orphans = {
            table: [
                row[0] for row in database.rows(_ORPHANS.format(table=table), {"oldest": oldest})
            ]
            for table in sorted(BY_DAY)
        }
    for table, names in orphans.items():
        for at in range(0, len(names), _TOGETHER):
            _delete(lake, table, _among(names[at : at + _TOGETHER]))


def _among(names: Sequence[str]) -> str:
    return f"dump_id IN ({', '.join(map(literal, names))})"


def _delete(lake: DeltaLake, table: str, predicate: str) -> None:
    """Delete rows; where another writer's commit comes between, once more."""
    for left in reversed(range(_TRIES)):
        try:
            with lake_errors(lake.location):
                lake.open(table).delete(predicate)
        except DatabaseError as error:
            if not left or "commit" not in str(error).lower():
                raise
        else:
            return


def _compact(lake: DeltaLake, table: str, grace_hours: int) -> Compacted:
    opened = lake.open(table)
    before = lake.files(opened)
    with lake_errors(lake.location):
        opened.optimize.compact(writer_properties=parquet_properties())
        opened.create_checkpoint()
        deleted = opened.vacuum(
            retention_hours=grace_hours, dry_run=False, enforce_retention_duration=False
        )
        # What is older than 30 days, and stands in the checkpoint.
        opened.cleanup_metadata()
    after = lake.files(lake.open(table))
    return Compacted(table, len(before), len(after), sum(after.values()), len(deleted))
